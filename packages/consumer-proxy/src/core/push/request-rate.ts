import { TokenBucket } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'

const SLOW_COST = 10

/**
 * HTTP requests per second of one topic, retries included (consumer-proxy.md §10.3, §13.3): a token bucket with a burst of
 * one second.
 *
 * T1 It starts with one token, not with a burst: a restart must not flood the receivers.
 * T2 While a slow-down lasts a request costs ten tokens: the topic runs at a tenth of its rate for about as many requests
 *    as it does in a second. Each further slow-down prolongs it by one request.
 */
export class RequestRate {
  readonly #bucket: TokenBucket
  #slowRequests = 0

  /** Infinity switches the limit off. */
  constructor(perSecond: number, clock: Clock) {
    this.#bucket = new TokenBucket(perSecond, clock)
    if (perSecond > 1) this.#bucket.tryTake(perSecond - 1)
  }

  setRate(perSecond: number): void {
    this.#bucket.setRate(perSecond)
  }

  slowDown(): void {
    const { perSecond } = this.#bucket
    if (perSecond === Infinity) return
    this.#slowRequests = this.#slowRequests > 0 ? this.#slowRequests + 1 : Math.ceil(perSecond)
  }

  /** Milliseconds until `take` may succeed; 0 = now. */
  waitMs(): number {
    return this.#bucket.msUntil(this.#cost())
  }

  /** Only when `waitMs` is 0. */
  take(): void {
    this.#bucket.tryTake(this.#cost())
    if (this.#slowRequests > 0) this.#slowRequests -= 1
  }

  #cost(): number {
    return this.#slowRequests > 0 ? SLOW_COST : 1
  }
}
