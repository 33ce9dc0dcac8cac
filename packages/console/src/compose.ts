import type { Component, ProcessDeps } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import type { Registry } from '@ddmq/common/registry'
import { type ClusterConnector, LiveClusters } from '@ddmq/storage'
import { ConsoleDatabase } from './adapters/database/console-database.ts'
import { createEngine } from './adapters/database/create-engine.ts'
import { HttpDelayInstances } from './adapters/delay-service/http-delay-instances.ts'
import { createHttpApi } from './api/http-api.ts'
import { HttpServer } from './api/http-server.ts'
import { bootstrap } from './app/bootstrap.ts'
import { Changes } from './app/changes.ts'
import type { AppContext } from './app/context.ts'
import { FollowBrokerClusters } from './app/follow-broker-clusters.ts'
import { ensureAdministrators, type FirstPassword, Identity } from './app/identity.ts'
import { Publisher } from './app/publisher.ts'
import type { ConsoleConfig } from './config.ts'
import { randomSecret } from './core/secrets.ts'
import { createConsoleMetrics } from './metrics.ts'

const VERSION = '0.1.0'

export interface ConsoleService {
  /** In start order. When all have started, the config tree is published and the listener accepts. */
  readonly components: readonly Component[]
  /** API token of the operator, for this run. */
  readonly operatorToken: string
  /** Only in the run that made the first account; valid after start. */
  readonly firstPassword: FirstPassword | undefined
  /** Port listened on; valid after start. */
  readonly port: number
}

export type ConsoleDeps = ProcessDeps & { readonly registry: Registry; readonly connector: ClusterConnector }

/** Builds the console. The registry is started before its components, and stopped after. */
export function composeConsole(config: ConsoleConfig, deps: ConsoleDeps): ConsoleService {
  const log = deps.log.child({ service: 'console' })
  const metrics = createConsoleMetrics(deps.metrics)
  const { clock, registry } = deps
  const common = { clock, registry, metrics, log }
  const database = new ConsoleDatabase(createEngine(config.database, common), common)
  const { metadata: store, accounts } = database
  const publisher = new Publisher({ ...config.publication, ...common, store })
  const changes = new Changes(store, publisher)
  const clusters = liveClusters(deps, log)
  const brokerClusters = new FollowBrokerClusters(store, clusters, log)
  const app: AppContext = {
    store,
    accounts,
    publisher,
    changes,
    clusters,
    brokerClusters,
    delayInstances: new HttpDelayInstances(config.chronos),
    clock,
    log,
  }
  const operatorToken = config.operatorToken ?? `ddmq_${randomSecret()}`
  const sessionMs = config.sessionHours * 3_600_000
  const identity = new Identity({ accounts, clock, sessionMs, operatorToken })
  const cookie = { secure: config.secureCookies, maxAgeMs: sessionMs }
  const server = new HttpServer(config.host, config.port, stopping =>
    createHttpApi({
      app,
      session: { identity, cookie, metrics },
      registry,
      metrics,
      own: { version: VERSION, cluster: config.seed.cluster, brokerCluster: config.seed.brokerCluster },
      maxBodyBytes: config.maxBodyBytes,
      stopping,
    }),
  )
  let firstPassword: FirstPassword | undefined
  const preparation = startStep('console bootstrap', () => bootstrap(app, config.seed))
  // After the listener: a start that fails because the port is busy must not use up the password that is shown once.
  const administrators = startStep('console administrators', async () => {
    // Of several consoles that start at once on a new database, one makes the first account.
    firstPassword = await store.exclusively('change', () =>
      ensureAdministrators(accounts, config.administrators),
    )
  })
  return {
    components: [database, clusters, preparation, brokerClusters, publisher, server, administrators],
    operatorToken,
    get firstPassword() {
      return firstPassword
    },
    get port() {
      return server.port
    },
  }
}

function liveClusters({ connector, clock, metrics }: ConsoleDeps, log: Logger): LiveClusters {
  // A request that is under way on a cluster that goes is told so.
  return new LiveClusters({
    owner: 'console',
    connector,
    clock,
    log,
    metrics,
    onChange: async () => undefined,
  })
}

/** Something that is done at its place in the order of the start, and has nothing to stop. */
function startStep(name: string, start: () => Promise<void>): Component {
  return { name, start, stop: () => Promise.resolve() }
}
