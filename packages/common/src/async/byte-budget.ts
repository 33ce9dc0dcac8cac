/**
 * Process-wide allowance of message bytes held in memory (architecture §9). Every place that holds messages draws on
 * it; a place that cannot draw stops taking in until somebody gives back.
 *
 * B1 `used` is the sum of what was drawn and not yet given back.
 * B2 A draw succeeds while `used` is below the limit, whatever its size: one oversized message can always pass, so
 *    nothing waits for ever; the excess is bounded by one item per place.
 * B3 Waiters are woken in the order they came, each time `used` falls below the limit. No wake-up is lost: who asks when
 *    a draw would succeed already is woken at once (in a microtask).
 *
 * Hot path: no allocation per draw.
 */
export class ByteBudget {
  readonly limitBytes: number
  #usedBytes = 0
  #waiters: (() => void)[] = []

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Draws at once, or answers false and draws nothing. */
  tryDraw(bytes: number): boolean {
    if (this.#usedBytes >= this.limitBytes) return false
    this.#usedBytes += bytes
    return true
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#waiters.length === 0 || this.#usedBytes >= this.limitBytes) return
    const woken = this.#waiters
    this.#waiters = []
    for (const wake of woken) wake()
  }

  /** Calls back once, when a draw may succeed again; the caller tries anew. */
  onAvailable(wake: () => void): void {
    if (this.#usedBytes < this.limitBytes) queueMicrotask(wake)
    else this.#waiters.push(wake)
  }
}
