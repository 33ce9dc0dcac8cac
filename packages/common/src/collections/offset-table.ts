const SMALLEST = 16
/** Places that one without an item keeps, for the next ones. */
const MOST_KEPT = 512

/** What is found by its offset. */
export interface AtOffset {
  readonly offset: number
}

/**
 * Items by their offsets. Hot: for what comes and goes by the thousand, as a `Bag` is. Offsets that follow one another, as those of
 * a partition mostly do, never meet at one place.
 *
 * O1 An item lies at the place that the low bits of its offset name, or behind it without a free place between.
 * O2 At least half of the places are free, so a search is short.
 * O3 A crowd that has left leaves no more than 512 places.
 */
export class OffsetTable<Item extends AtOffset> {
  #places: (Item | undefined)[] = emptyPlaces(SMALLEST)
  #size = 0

  /** One of that offset. */
  get(offset: number): Item | undefined {
    const mask = this.#places.length - 1
    for (let at = offset & mask; ; at = (at + 1) & mask) {
      const item = this.#places[at]
      if (item === undefined || item.offset === offset) return item
    }
  }

  /** One that is not in it. */
  add(item: Item): void {
    if (this.#size * 2 >= this.#places.length) this.#resize(this.#places.length * 2)
    this.#size++
    this.#put(item)
  }

  /** Answers whether it was in it. */
  delete(item: Item): boolean {
    const mask = this.#places.length - 1
    let at = item.offset & mask
    for (let found = this.#places[at]; found !== item; found = this.#places[at]) {
      if (found === undefined) return false
      at = (at + 1) & mask
    }
    this.#places[at] = undefined
    this.#size--
    this.#close(at)
    if (this.#size === 0 && this.#places.length > MOST_KEPT) this.#places = emptyPlaces(SMALLEST)
    return true
  }

  #put(item: Item): void {
    const mask = this.#places.length - 1
    let at = item.offset & mask
    while (this.#places[at] !== undefined) at = (at + 1) & mask
    this.#places[at] = item
  }

  /** Moves to the place that became free what would not be found any more (O1). */
  #close(free: number): void {
    const mask = this.#places.length - 1
    for (let at = (free + 1) & mask; ; at = (at + 1) & mask) {
      const item = this.#places[at]
      if (item === undefined) return
      const fromHome = (at - item.offset) & mask
      if (fromHome < ((at - free) & mask)) continue
      this.#places[free] = item
      this.#places[at] = undefined
      free = at
    }
  }

  #resize(length: number): void {
    const before = this.#places
    this.#places = emptyPlaces(length)
    for (const item of before) if (item !== undefined) this.#put(item)
  }
}

function emptyPlaces<Item>(length: number): (Item | undefined)[] {
  return Array.from({ length }, () => undefined)
}
