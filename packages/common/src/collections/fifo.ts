/** What was taken is forgotten when it is this much and at least as much as what is left. */
const COMPACT_AT = 32

/**
 * First in, first out; both ends in constant time, also with many items. Hot.
 *
 * Thousands of them may be there at once, most of them short or empty: an empty one holds no memory, and none holds more
 * than twice what is in it and a few places.
 */
export class Fifo<Item> {
  #items: (Item | undefined)[] = []
  #first = 0

  get size(): number {
    return this.#items.length - this.#first
  }

  /** From the front. */
  at(index: number): Item | undefined {
    return this.#items[this.#first + index]
  }

  push(item: Item): void {
    this.#items.push(item)
  }

  shift(): Item | undefined {
    if (this.size === 0) return undefined
    const item = this.#items[this.#first]
    this.#items[this.#first++] = undefined
    if (this.size === 0) this.clear()
    else if (this.#first >= COMPACT_AT && this.#first >= this.size) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#first = 0
  }
}
