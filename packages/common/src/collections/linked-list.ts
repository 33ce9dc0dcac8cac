/** What lies in a list, of which it is in one at most at a time. */
export interface Linked<Item> {
  /** The list's own; to be walked along. Undefined at the ends and outside of a list. */
  before: Item | undefined
  after: Item | undefined
}

/**
 * Items in an order, taken out anywhere in constant time. Hot. It is for what comes and goes by the thousand, as a `Bag` is; what
 * is out of it leads to nothing that is in it.
 */
export class LinkedList<Item extends Linked<Item>> {
  #first: Item | undefined
  #last: Item | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): Item | undefined {
    return this.#first
  }

  /** At the end; one that is in no list. */
  push(item: Item): void {
    item.before = this.#last
    if (this.#last === undefined) this.#first = item
    else this.#last.after = item
    this.#last = item
    this.#size++
  }

  /** At the start; one that is in no list. */
  unshift(item: Item): void {
    item.after = this.#first
    if (this.#first === undefined) this.#last = item
    else this.#first.before = item
    this.#first = item
    this.#size++
  }

  /** One that is in it. */
  delete(item: Item): void {
    const { before, after } = item
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    item.before = undefined
    item.after = undefined
    this.#size--
  }
}
