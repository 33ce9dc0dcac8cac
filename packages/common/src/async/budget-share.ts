import type { ByteBudget } from './byte-budget.ts'

/** How much of what is free one share may hold. Greater: fewer pauses for one alone; less: more left beside many. */
const FRACTION_OF_FREE = 1 / 4

/**
 * The part of a budget that one of many long holders draws on, such as one topic of a consumer group, so that holders that never
 * give back keep nobody else from going on.
 *
 * S1 A draw succeeds while the share holds less than a quarter of what nobody holds. So one holder alone gets a fifth of
 *    the budget, and `n` of them that never give back leave at least 0.8ⁿ of it free, less one item each.
 * S2 A share that holds nothing can draw whenever the budget has room, whatever the size (B2).
 * S3 Waiters are woken in the order they came, when a draw may succeed. No wake-up is lost: who asks when one would
 *    succeed already is woken at once (in a microtask).
 *
 * Hot path: no allocation per draw.
 */
export class BudgetShare {
  readonly #budget: ByteBudget
  #usedBytes = 0
  #waiters: (() => void)[] = []
  #stopListening: (() => void) | undefined

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** Would a draw succeed? */
  get hasRoom(): boolean {
    const freeBytes = this.#budget.limitBytes - this.#budget.usedBytes
    return this.#usedBytes < freeBytes * FRACTION_OF_FREE
  }

  /** Draws at once, or answers false and draws nothing. */
  tryDraw(bytes: number): boolean {
    if (!this.hasRoom || !this.#budget.tryDraw(bytes)) return false
    this.#usedBytes += bytes
    return true
  }

  /** Draws for what is held already and has grown. */
  drawMore(bytes: number): void {
    this.#budget.drawMore(bytes)
    this.#usedBytes += bytes
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
    this.#budget.giveBack(bytes)
  }

  /** Calls back once, when a draw may succeed again; the caller tries anew. */
  onAvailable(wake: () => void): void {
    if (this.hasRoom) return queueMicrotask(wake)
    this.#waiters.push(wake)
    this.#stopListening ??= this.#budget.onGiveBack(() => this.#wakeIfRoom())
  }

  #wakeIfRoom(): void {
    if (!this.hasRoom) return
    this.#stopListening?.()
    this.#stopListening = undefined
    const woken = this.#waiters
    this.#waiters = []
    for (const wake of woken) wake()
  }
}
