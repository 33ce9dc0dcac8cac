import type { Clock } from '@ddmq/common/clock'
import type { Component } from '@ddmq/common/lifecycle'
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
  /** Told instead of a second attempt: 15 at once or at the stop, or 12 at the deadline. */
  ended(outcome: Outcome): Outcome
}

/**
 * Requests the limiter refused, each held once for a second attempt (producer-proxy.md §12).
 *
 * H1 At most `queueSize` are held at a time; further ones are refused at once.
 * H2 A hold that would last to the caller's deadline ends there with 12 and has no second attempt, so nothing is published
 *    after its sender was told of a failure.
 * H3 `stop` ends every hold with 15, and from then on none begins: a hold may be longer than the time there is to stop.
 */
export class LimiterHolds implements Component {
  readonly name = 'producer-proxy-limiter-holds'
  readonly #clock: Clock
  readonly #queueSize: () => number
  /** One per hold; called to end it before its time. */
  readonly #enders = new Set<() => void>()
  #isStopped = false

  constructor(clock: Clock, queueSize: () => number) {
    this.#clock = clock
    this.#queueSize = queueSize
  }

  get count(): number {
    return this.#enders.size
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const end of this.#enders) end()
  }

  /** Answers at once when the request is not held. */
  hold(held: Held): Outcome | Promise<Outcome> {
    const holdMs = limiterHoldMs(held.intervalMs, held.timeoutMs)
    const isHeld = holdMs !== undefined && !this.#isStopped && this.count < this.#queueSize()
    return isHeld ? this.#wait(holdMs, held) : held.ended(outcomeOf('FAIL_REFUSED_BY_RATE_LIMITER'))
  }

  async #wait(holdMs: number, held: Held): Promise<Outcome> {
    const leftMs = held.dueMs - this.#clock.monotonicMs()
    const inTime = holdMs < leftMs
    await this.#elapsed(Math.max(0, inTime ? holdMs : leftMs))
    if (this.#isStopped) return held.ended(outcomeOf('FAIL_REFUSED_BY_RATE_LIMITER'))
    return inTime ? held.again() : held.ended(outcomeOf('FAIL_TIMEOUT'))
  }

  /** Resolves after `ms`, or at the stop. */
  #elapsed(ms: number): Promise<void> {
    return new Promise(resolve => {
      const end = (): void => {
        cancel()
        this.#enders.delete(end)
        resolve()
      }
      const cancel = this.#clock.schedule(ms, end)
      this.#enders.add(end)
    })
  }
}
