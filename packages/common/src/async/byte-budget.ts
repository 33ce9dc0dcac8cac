/**
 * Process-wide allowance of message bytes held in memory (architecture §9). Every place that holds messages draws on
 * it; a place that cannot draw stops taking in until somebody gives back.
 *
 * B1 `used` is the sum of what was drawn and not yet given back.
 * B2 A draw succeeds while `used` is below the limit, whatever its size: one oversized message can always pass, so
 *    nothing waits for ever; the excess is bounded by one item per place and by what `drawMore` adds to those.
 *
 * Who may hold for long, because others decide when it gives back, draws on a `BudgetShare` instead.
 *
 * Hot path: no allocation per draw.
 */
export class ByteBudget {
  readonly limitBytes: number
  #usedBytes = 0
  readonly #listeners = new Set<() => void>()

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

  /** Draws for what is held already and has grown: it cannot be refused, so the next draws are. */
  drawMore(bytes: number): void {
    this.#usedBytes += bytes
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#listeners.size === 0) return
    for (const listener of this.#listeners) listener()
  }

  /** Calls back after everything that is given back, until the returned function is called. */
  onGiveBack(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
