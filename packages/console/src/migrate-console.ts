import type { Logger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { createEngine } from './adapters/database/create-engine.ts'
import type { SchemaPlan } from './adapters/database/schema-plan.ts'
import type { ConsoleConfig } from './config.ts'
import { createConsoleMetrics } from './metrics.ts'

export interface MigrateOptions {
  readonly log: Logger
  /** Only answer what would be done. */
  readonly dryRun: boolean
  /** Ends the wait for a server that does not answer. */
  readonly abort: AbortSignal
}

/**
 * Brings the database to the schema of this version, apart from any start, as a user who may change tables. Answers the
 * statements, in order; none when nothing is to be done.
 */
export async function migrateConsole(
  config: ConsoleConfig['database'],
  { log, dryRun, abort }: MigrateOptions,
): Promise<SchemaPlan> {
  const engine = createEngine(config, { log, metrics: createConsoleMetrics(new MetricsRegistry()) })
  try {
    await engine.open(abort, { whenRefused: 'reject' })
    return await (dryRun ? engine.plan() : engine.migrate())
  } finally {
    await engine.close()
  }
}
