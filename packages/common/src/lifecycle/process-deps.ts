import type { ByteBudget } from '../async/index.ts'
import type { Clock } from '../clock/index.ts'
import type { Logger } from '../log/index.ts'
import type { MetricsRegistry } from '../metrics/index.ts'

/** What every `compose` gets from the process it runs in, shared by all services of a standalone process. */
export interface ProcessDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: MetricsRegistry
  readonly budget: ByteBudget
}
