import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { FakeClock } from '@ddmq/testkit'
import { ConsoleDatabase } from '../../src/adapters/database/console-database.ts'
import { createEngine } from '../../src/adapters/database/create-engine.ts'
import type { ConsoleConfig } from '../../src/config.ts'
import { createConsoleMetrics } from '../../src/metrics.ts'
import type { DatabaseFixture } from '../database/describe-database.ts'

const NOW_MS = Date.UTC(2026, 2, 1, 10, 20, 30)

/** The database of one console, started, at a clock that stands still. */
export async function startDatabase(
  config: ConsoleConfig['database'],
  log = createLogger({ level: 'fatal', pretty: false }),
): Promise<DatabaseFixture & { readonly database: ConsoleDatabase; readonly metrics: MetricsRegistry }> {
  const registry = new MetricsRegistry()
  const deps = {
    log,
    metrics: createConsoleMetrics(registry),
    clock: new FakeClock(NOW_MS),
  }
  const database = new ConsoleDatabase(createEngine(config, deps), deps)
  await database.start(new AbortController().signal)
  return {
    database,
    metadata: database.metadata,
    accounts: database.accounts,
    metrics: registry,
    [Symbol.asyncDispose]: () => database.stop(),
  }
}
