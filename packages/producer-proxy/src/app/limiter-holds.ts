import type { Clock } from '@ddmq/common/clock'
import { limiterHoldMs } from '../core/limiter-hold.ts'
import { type Outcome, outcomeOf } from '../core/result-code.ts'

export interface Held {
  /** `limiterFailureRetryInterval` of the topic. */
  readonly intervalMs: number
  /** The caller's timeout; 0 or less: none. */
  readonly timeoutMs: number
  /** Monotonic time at which the caller is answered 12. */
  readonly dueMs: number
  /** The second attempt; runs at most once. */
  again(): Outcome | Promise<Outcome>
  /** Told instead of a second attempt: 15 at once, or 12 at the deadline. */
  ended(outcome: Outcome): Outcome
}

/**
 * Requests the limiter refused, each held once for a second attempt (producer-proxy.md §12).
 *
 * H1 At most `queueSize` are held at a time; further ones are refused at once.
 * H2 A hold that would last to the caller's deadline ends there with 12 and has no second attempt, so nothing is published
 *    after its sender was told of a failure.
 */
export class LimiterHolds {
  readonly #clock: Clock
  readonly #queueSize: () => number
  #count = 0

  constructor(clock: Clock, queueSize: () => number) {
    this.#clock = clock
    this.#queueSize = queueSize
  }

  get count(): number {
    return this.#count
  }

  /** Answers at once when the request is not held. */
  hold(held: Held): Outcome | Promise<Outcome> {
    const holdMs = limiterHoldMs(held.intervalMs, held.timeoutMs)
    const isHeld = holdMs !== undefined && this.#count < this.#queueSize()
    return isHeld ? this.#wait(holdMs, held) : held.ended(outcomeOf('FAIL_REFUSED_BY_RATE_LIMITER'))
  }

  async #wait(holdMs: number, held: Held): Promise<Outcome> {
    const leftMs = held.dueMs - this.#clock.monotonicMs()
    const inTime = holdMs < leftMs
    this.#count++
    try {
      await this.#clock.sleep(Math.max(0, inTime ? holdMs : leftMs))
    } finally {
      this.#count--
    }
    return inTime ? held.again() : held.ended(outcomeOf('FAIL_TIMEOUT'))
  }
}
