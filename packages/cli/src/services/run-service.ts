import { AdminServer } from '@ddmq/common/admin-http'
import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { loadConfig } from '@ddmq/common/config'
import { describeError } from '@ddmq/common/errors'
import { type Component, type ProcessDeps, runMain, Service } from '@ddmq/common/lifecycle'
import { createLogger, type Logger } from '@ddmq/common/log'
import { eventLoopMetrics, MetricsRegistry } from '@ddmq/common/metrics'
import { hostPort } from '../address.ts'
import type { CommandContext } from '../context.ts'
import { openPorts } from './open-ports.ts'
import type { ComposedService, ServiceFile, ServiceKind } from './service-kind.ts'

/** Options of a service's command itself. */
export interface ServiceFlags {
  readonly logLevel?: string
}

/** Runs one service until a signal ends it; when it cannot start, says why in one line. */
export async function runService<File extends ServiceFile>(
  kind: ServiceKind<File>,
  context: CommandContext,
  flags: ServiceFlags,
): Promise<void> {
  const file = loadServiceFile(kind, context, flags)
  const log = createLogger({ level: file.logLevel, pretty: process.stdout.isTTY })
  await runMain(composeService(kind, file, log), {
    log,
    reportStartFailure: thrown => process.stderr.write(`ddmq ${kind.name}: ${describeError(thrown)}\n`),
  })
}

/** The configuration of one service. */
export function loadServiceFile<File extends ServiceFile>(
  kind: ServiceKind<File>,
  context: CommandContext,
  flags: ServiceFlags,
): File {
  const { config } = context.options
  return loadConfig(kind.schema, {
    ...(config === undefined ? {} : { file: config }),
    env: process.env,
    envPrefix: kind.envPrefix,
    base: kind.defaults(context),
    flags,
  })
}

/** Composition root of one service: the admin listener first, then the ports, the service, and word that it runs. */
function composeService<File extends ServiceFile>(kind: ServiceKind<File>, file: File, log: Logger): Service {
  const deps: ProcessDeps = {
    clock: systemClock,
    log,
    metrics: new MetricsRegistry(),
    budget: new ByteBudget(file.memoryBudgetBytes),
  }
  const ports = openPorts(file, deps)
  const composed = kind.compose(file, { ...deps, ...ports })
  const admin = new AdminServer({
    ...file.admin,
    config: file,
    log,
    metrics: deps.metrics,
    health: () => service.health(),
    routes: composed.routes ?? [],
  })
  const service: Service = new Service({
    name: kind.name,
    components: [
      admin,
      eventLoopMetrics(deps.metrics),
      ...ports.locks,
      ...ports.components,
      ...composed.components,
      announcement(kind.name, file, composed),
    ],
    log,
    stopTimeoutMs: file.stopTimeoutMs,
  })
  return service
}

function announcement(name: string, { admin }: ServiceFile, composed: ComposedService): Component {
  return {
    name: 'announcement',
    async start() {
      const lines = [
        ...(await composed.announce()),
        `metrics          http://${hostPort(admin.host, admin.port)}/metrics`,
        `ddmq ${name} ready in ${Math.round(performance.now())} ms`,
      ]
      process.stdout.write(`${lines.join('\n')}\n`)
    },
    async stop() {},
  }
}
