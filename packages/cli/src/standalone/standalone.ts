import { composeChronos } from '@ddmq/chronos'
import { AdminServer } from '@ddmq/common/admin-http'
import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { type Component, type ProcessDeps, Service } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import { eventLoopMetrics, MetricsRegistry } from '@ddmq/common/metrics'
import { composeConsole } from '@ddmq/console'
import { composeConsumerProxy } from '@ddmq/consumer-proxy'
import { composeProducerProxy } from '@ddmq/producer-proxy'
import { RunFileOwner } from '../run-file-owner.ts'
import { banner } from './banner.ts'
import { standalonePorts } from './standalone-ports.ts'
import { chronosConfig, consoleConfig, type UpConfig } from './up-config.ts'

export interface StandaloneDeps {
  readonly log: Logger
  /** Where the addresses and the operator token are left for the commands of this user. */
  readonly runFile: string
  readonly write: (text: string) => void
}

/**
 * Composition root of `ddmq up`: all services in one process, on the embedded ports unless the configuration says otherwise.
 * Start order is dependency order: the log takes the lock of the data folder before anything is written; the console publishes the documents that the proxies
 * read at their start; the announcement comes when every listener accepts.
 */
export function composeStandalone(config: UpConfig, { log, runFile, write }: StandaloneDeps): Service {
  const deps: ProcessDeps = {
    clock: systemClock,
    log,
    metrics: new MetricsRegistry(),
    budget: new ByteBudget(config.memoryBudgetBytes),
  }
  const opened = standalonePorts(config, deps)
  const ports = { ...deps, ...opened }
  const console = composeConsole(consoleConfig(config), ports)
  const chronos = composeChronos(chronosConfig(config), ports)
  const runFileOwner = new RunFileOwner({ path: runFile, console: config.console, services: 'all' })
  const announcement: Component = {
    name: 'announcement',
    async start() {
      await runFileOwner.ready(console.operatorToken)
      write(banner(config, console, performance.now()))
    },
    async stop() {},
  }
  const admin: Component = new AdminServer({
    ...config.admin,
    config,
    log,
    metrics: deps.metrics,
    health: () => service.health(),
    routes: chronos.routes,
  })
  const service: Service = new Service({
    name: 'ddmq',
    components: [
      admin,
      eventLoopMetrics(deps.metrics),
      ...opened.locks,
      runFileOwner,
      ...opened.components,
      ...console.components,
      ...composeProducerProxy(config.producerProxy, ports),
      ...composeConsumerProxy(config.consumerProxy, ports),
      ...chronos.components,
      announcement,
    ],
    log,
    stopTimeoutMs: config.stopTimeoutMs,
  })
  return service
}
