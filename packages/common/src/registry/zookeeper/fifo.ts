/** What was taken is forgotten when it is more than this and than what is left. */
const COMPACT_AT = 1_000

/** First in, first out; both ends in constant time, also with many items (a `Set` walks over what was deleted at its front). */
export class Fifo<Item> {
  #items: Item[] = []
  #first = 0

  push(item: Item): void {
    this.#items.push(item)
  }

  get first(): Item | undefined {
    return this.#items[this.#first]
  }

  shift(): Item | undefined {
    const item = this.first
    if (item === undefined) return undefined
    this.#first++
    if (this.#first >= COMPACT_AT && this.#first * 2 > this.#items.length) this.#items = this.drain()
    return item
  }

  get size(): number {
    return this.#items.length - this.#first
  }

  /** Takes all that is left. */
  drain(): Item[] {
    const left = this.#items.slice(this.#first)
    this.#items = []
    this.#first = 0
    return left
  }
}
