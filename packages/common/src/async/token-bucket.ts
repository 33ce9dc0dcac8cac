import type { Clock } from '../clock/index.ts'

/** Rounding of the refill must not make a caller that waited `msUntil` fail by a hair. */
const EPSILON = 1e-9

/**
 * Rate limiter with a burst of one second's worth (producer-proxy.md §12). Never blocks; hot path: no allocation.
 *
 * T1 In any window of w seconds at most `rate × w + burst` tokens leave, burst = max(rate, 1); a single take larger than
 *    the burst passes when the bucket is full and is paid back before the next.
 * T2 After waiting `msUntil(n)` with nobody else taking, `tryTake(n)` succeeds.
 * T3 A refused take costs nothing.
 *
 * A rate of 0 refuses everything; `Infinity` limits nothing. The bucket starts full.
 */
export class TokenBucket {
  readonly #clock: Clock
  #perSecond: number
  #burst: number
  #tokens: number
  #filledAtMs: number

  constructor(perSecond: number, clock: Clock) {
    this.#clock = clock
    this.#perSecond = checkedRate(perSecond)
    this.#burst = burstOf(perSecond)
    this.#tokens = this.#burst
    this.#filledAtMs = clock.monotonicMs()
  }

  get perSecond(): number {
    return this.#perSecond
  }

  /** Takes `count` tokens at once, or none and answers false. */
  tryTake(count = 1): boolean {
    if (this.#perSecond === Infinity) return true
    this.#refill()
    if (this.#tokens + EPSILON < Math.min(count, this.#burst) || this.#burst === 0) return false
    this.#tokens -= count
    return true
  }

  /** Takes as many whole tokens as there are, at most `count`; answers how many. */
  takeUpTo(count: number): number {
    if (this.#perSecond === Infinity) return count
    this.#refill()
    const taken = Math.max(0, Math.min(count, Math.floor(this.#tokens + EPSILON)))
    this.#tokens -= taken
    return taken
  }

  /** Milliseconds until `tryTake(count)` can succeed; 0 = now, `Infinity` = never at this rate. Rounded up. */
  msUntil(count = 1): number {
    if (this.#perSecond === Infinity) return 0
    if (this.#perSecond === 0) return Infinity
    this.#refill()
    const missing = Math.min(count, this.#burst) - this.#tokens
    return missing <= EPSILON ? 0 : Math.ceil((missing / this.#perSecond) * 1_000)
  }

  /** What was gathered stays, up to the new burst; a bucket that was refusing everything starts full. */
  setRate(perSecond: number): void {
    if (perSecond === this.#perSecond) return
    this.#refill()
    const wasLimiting = this.#burst > 0 && this.#burst !== Infinity
    this.#perSecond = checkedRate(perSecond)
    this.#burst = burstOf(perSecond)
    this.#tokens = wasLimiting ? Math.min(this.#tokens, this.#burst) : this.#burst
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs()
    const gained = ((nowMs - this.#filledAtMs) * this.#perSecond) / 1_000
    this.#filledAtMs = nowMs
    if (gained > 0) this.#tokens = Math.min(this.#burst, this.#tokens + gained)
  }
}

function burstOf(perSecond: number): number {
  return perSecond === 0 ? 0 : Math.max(perSecond, 1)
}

function checkedRate(perSecond: number): number {
  if (!(perSecond >= 0)) throw new RangeError(`rate must be 0 or more per second, not ${perSecond}`)
  return perSecond
}
