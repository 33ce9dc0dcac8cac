const SLOW_COST = 10

/**
 * HTTP requests per second of one topic, retries included (consumer-proxy.md §10.3, §13.3).
 *
 * T1 In any span of t seconds at most rate × t + the burst of one second + 1 requests start.
 * T2 While a slow-down lasts a request costs ten tokens: the topic runs at a tenth of its rate for about as many requests
 *    as it does in a second. Each further slow-down prolongs it by one request.
 * T3 A request that costs more than there is goes on credit: the next one waits for the debt, so no rate stands still.
 */
export class RequestRate {
  #perSecond: number
  #tokens = 1
  #filledAtMs: number
  #slowRequests = 0

  /** Infinity switches the limit off. */
  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#filledAtMs = nowMs
  }

  setRate(perSecond: number, nowMs: number): void {
    if (Number.isFinite(this.#perSecond)) this.#fill(nowMs)
    this.#filledAtMs = nowMs
    this.#perSecond = perSecond
  }

  slowDown(): void {
    if (!Number.isFinite(this.#perSecond)) return
    this.#slowRequests = this.#slowRequests > 0 ? this.#slowRequests + 1 : Math.ceil(this.#perSecond)
  }

  /** Milliseconds until `take` may succeed; 0 = now. */
  waitMs(nowMs: number): number {
    if (!Number.isFinite(this.#perSecond)) return 0
    this.#fill(nowMs)
    return this.#tokens >= 1 ? 0 : Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000)
  }

  /** Only when `waitMs` is 0. */
  take(): void {
    if (!Number.isFinite(this.#perSecond)) return
    if (this.#slowRequests > 0) {
      this.#slowRequests -= 1
      this.#tokens -= SLOW_COST
    } else {
      this.#tokens -= 1
    }
  }

  #fill(nowMs: number): void {
    const capacity = Math.max(1, this.#perSecond)
    const gained = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond
    this.#tokens = Math.min(capacity, this.#tokens + gained)
    this.#filledAtMs = nowMs
  }
}
