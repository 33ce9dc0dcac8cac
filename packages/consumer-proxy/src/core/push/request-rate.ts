const SLOW_COST = 10
const BURST_MS = 1000

/**
 * HTTP requests per second of one topic, retries included (consumer-proxy.md §10.3, §13.3).
 *
 * T1 In any span of t seconds at most rate × t + the burst of one second + 1 requests start.
 * T2 While a slow-down lasts a request costs ten tokens: the topic runs at a tenth of its rate for about as many requests
 *    as it does in a second. Each further slow-down prolongs it by one request.
 * T3 A request that costs more than there is goes on credit: the next one waits for the debt, so no rate stands still.
 */
export class RequestRate {
  /** Time one token takes; 0 = no limit. */
  #intervalMs: number
  /** When the bucket was, or will be, empty: a token has come every interval since. */
  #emptyAtMs: number
  #slowRequests = 0

  /** Starts with one token. Infinity switches the limit off. */
  constructor(perSecond: number, nowMs: number) {
    this.#intervalMs = 1000 / perSecond
    this.#emptyAtMs = nowMs - this.#intervalMs
  }

  /** The number of tokens, or the debt, stays. */
  setRate(perSecond: number, nowMs: number): void {
    const intervalMs = 1000 / perSecond
    const tokens = this.#intervalMs === 0 ? 1 : (nowMs - this.#emptyAtMs) / this.#intervalMs
    this.#emptyAtMs = nowMs - tokens * intervalMs
    this.#intervalMs = intervalMs
  }

  slowDown(): void {
    if (this.#intervalMs === 0) return
    this.#slowRequests = this.#slowRequests > 0 ? this.#slowRequests + 1 : Math.ceil(1000 / this.#intervalMs)
  }

  /** Milliseconds until `take` may succeed; 0 = now. */
  waitMs(nowMs: number): number {
    if (this.#intervalMs === 0) return 0
    this.#emptyAtMs = Math.max(this.#emptyAtMs, nowMs - Math.max(BURST_MS, this.#intervalMs))
    return Math.max(0, Math.ceil(this.#emptyAtMs + this.#intervalMs - nowMs))
  }

  /** Only when `waitMs` is 0. */
  take(): void {
    if (this.#slowRequests > 0) {
      this.#slowRequests -= 1
      this.#emptyAtMs += SLOW_COST * this.#intervalMs
    } else {
      this.#emptyAtMs += this.#intervalMs
    }
  }
}
