import type { Linked } from '@ddmq/common/collections'
import type { Job } from './job.ts'

/** One message in a pull buffer, with both of its retry budgets (consumer-proxy.md §5.3). Hot: fixed shape. */
export class PullEntry implements Linked<PullEntry> {
  readonly job: Job
  readonly offset: number
  before: PullEntry | undefined = undefined
  after: PullEntry | undefined = undefined
  deliveries = 0
  /** Refusals reported by clients: position on the ladder of `retryIntervals`. */
  failures = 0
  /** Deliveries that followed a time-out; limited by `maxRetry`. */
  timeouts = 0
  handedOutMs = 0
  /** The last delivery timed out, so the next one counts against `maxRetry`. */
  timedOut = false
  /** The delivery under way counted against `maxRetry`; undone when it could not be sent. */
  countedTimeout = false

  constructor(job: Job) {
    this.job = job
    this.offset = job.record.offset
  }

  get bytes(): number {
    return this.job.record.value?.length ?? 0
  }

  get timeoutAtMs(): number {
    return this.handedOutMs + this.job.subscription.config.timeout
  }

  handOut(nowMs: number): void {
    this.deliveries += 1
    this.countedTimeout = this.timedOut
    if (this.timedOut) this.timeouts += 1
    this.timedOut = false
    this.handedOutMs = nowMs
  }

  /** The delivery never reached the client: it counts for nothing. */
  undoHandOut(): void {
    this.deliveries -= 1
    if (!this.countedTimeout) return
    this.timeouts -= 1
    this.timedOut = true
  }
}
