/** Hot path: once per message. */
import { TokenBucket } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'

export type Admission = 'passed' | 'warned' | 'refused'

/** A limit of `perSecond` whose last part, `1 − warningRatio`, is a reserve that is used with a warning. */
export interface Rate {
  readonly perSecond: number
  readonly warningRatio: number
}

/**
 * One limit of producer-proxy.md §12 with a burst of one second's worth.
 *
 * R1 Of a burst after a second of silence `perSecond` pass, the last `perSecond · (1 − warningRatio)` of them as `warned`.
 * R2 While a batch that was larger than the burst is paid back, nothing passes: the reserve is not for what comes after it.
 * R3 A change of rate keeps what was used: nobody gets a fresh second's worth by changing a document.
 */
export class TwoRateLimiter {
  readonly #main: TokenBucket
  readonly #reserve: TokenBucket

  constructor(rate: Rate, clock: Clock) {
    const { main, reserve } = split(rate)
    this.#main = new TokenBucket(main, clock)
    this.#reserve = new TokenBucket(reserve, clock)
  }

  setRate(rate: Rate): void {
    const { main, reserve } = split(rate)
    this.#main.setRate(main)
    this.#reserve.setRate(reserve)
  }

  tryTake(count: number): Admission {
    if (this.#main.tryTake(count)) return 'passed'
    const isInDebt = this.#main.msUntil(0) > 0
    if (isInDebt) return 'refused'
    return this.#reserve.tryTake(count) ? 'warned' : 'refused'
  }
}

/** A ratio of 1 or more leaves no reserve; a limit below 0 is 0: everything is refused. */
function split({ perSecond, warningRatio }: Rate): { main: number; reserve: number } {
  const limit = Math.max(0, perSecond)
  const main = limit * Math.min(1, warningRatio)
  return { main, reserve: limit - main }
}
