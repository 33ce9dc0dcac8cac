/** A connection as the budget sees it. */
export interface BudgetHolder {
  /** A frame has begun and is not complete: reading on is the only way to give its bytes back. */
  readonly isInsideFrame: boolean
  /** What it was charged and has not given back. */
  readonly heldBytes: number
  /** The holder may read again, now. */
  wake(): void
}

/**
 * The bytes all connections of a server may hold: received and not yet answered (producer-proxy.md §3).
 *
 * B1 Bytes are charged when they arrive; a length that was only announced costs nothing.
 * B2 At or above the limit who holds bytes does not read on, except the holder of the oldest waiting frame. So a frame is
 *    always being finished and nothing waits for ever.
 * B3 Who holds nothing may always read one chunk, so that slow or hostile senders of large frames do not keep others from
 *    sending small ones. The excess over the limit is one frame, and one chunk for each connection.
 */
export class ReadBudget {
  readonly limitBytes: number
  #usedBytes = 0
  readonly #waiting = new Set<BudgetHolder>()
  #favourite: BudgetHolder | undefined

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  charge(bytes: number): void {
    this.#usedBytes += bytes
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes
    if (this.#usedBytes < this.limitBytes) this.#wakeAll()
  }

  /** May the holder read more? If not, it is woken later. */
  mayRead(holder: BudgetHolder): boolean {
    if (this.#usedBytes < this.limitBytes || holder.heldBytes === 0) return true
    if (this.#favourite === holder) return true
    this.#waiting.add(holder)
    this.#chooseFavourite()
    return this.#favourite === holder
  }

  /** The holder's frame is complete or its connection is gone: it needs no favour and waits no more. */
  leave(holder: BudgetHolder): void {
    this.#waiting.delete(holder)
    if (this.#favourite !== holder) return
    this.#favourite = undefined
    if (this.#usedBytes >= this.limitBytes) this.#chooseFavourite()?.wake()
  }

  #chooseFavourite(): BudgetHolder | undefined {
    if (this.#favourite !== undefined) return undefined
    for (const holder of this.#waiting) {
      if (!holder.isInsideFrame) continue
      this.#favourite = holder
      this.#waiting.delete(holder)
      return holder
    }
    return undefined
  }

  #wakeAll(): void {
    if (this.#waiting.size === 0) return
    const woken = [...this.#waiting]
    this.#waiting.clear()
    for (const holder of woken) holder.wake()
  }
}
