/** What lies in a bag, of which it is in one at most at a time. */
export interface Placed {
  /** The bag's own. */
  place: number
}

/**
 * Items without an order, put in and taken out in constant time. Hot.
 *
 * For what comes and goes by the thousand. The tables that a `Set` (a `Map` as well) makes anew meanwhile lead from each to the
 * next and still name what was in them: once one is old to the garbage collector, all that follow stay until it looks at old things.
 */
export class Bag<Item extends Placed> {
  readonly #items: Item[] = []

  get size(): number {
    return this.#items.length
  }

  /** One that is in no bag. */
  add(item: Item): void {
    item.place = this.#items.length
    this.#items.push(item)
  }

  /** Answers whether it was in it; the last one takes its place. */
  delete(item: Item): boolean {
    if (this.#items[item.place] !== item) return false
    const last = this.#items.pop()
    if (last === undefined || last === item) return true
    last.place = item.place
    this.#items[last.place] = last
    return true
  }

  clear(): void {
    this.#items.length = 0
  }

  /** Not to be changed meanwhile. */
  [Symbol.iterator](): Iterator<Item> {
    return this.#items[Symbol.iterator]()
  }
}
