/** Binary min-heap of things by the time they are due. Hot where many messages wait for a retry. */
export class DueHeap<Item> {
  readonly #dueMs: number[] = []
  readonly #items: Item[] = []

  get nextDueMs(): number {
    return this.#dueMs[0] ?? Infinity
  }

  push(dueMs: number, item: Item): void {
    let index = this.#items.length
    this.#dueMs.push(dueMs)
    this.#items.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.#due(parent) <= this.#due(index)) return
      this.#swap(parent, index)
      index = parent
    }
  }

  /** The first item when it is due by `nowMs`. */
  popDue(nowMs: number): Item | undefined {
    if (this.nextDueMs > nowMs) return undefined
    this.#swap(0, this.#items.length - 1)
    this.#dueMs.pop()
    const item = this.#items.pop()
    this.#sinkFirst()
    return item
  }

  #sinkFirst(): void {
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      let smallest = index
      if (this.#due(left) < this.#due(smallest)) smallest = left
      if (this.#due(left + 1) < this.#due(smallest)) smallest = left + 1
      if (smallest === index) return
      this.#swap(smallest, index)
      index = smallest
    }
  }

  #due(index: number): number {
    return this.#dueMs[index] ?? Infinity
  }

  #swap(a: number, b: number): void {
    const [dueA, dueB] = [this.#dueMs[a], this.#dueMs[b]]
    const [itemA, itemB] = [this.#items[a], this.#items[b]]
    if (dueA === undefined || dueB === undefined || itemA === undefined || itemB === undefined) return
    this.#dueMs[a] = dueB
    this.#dueMs[b] = dueA
    this.#items[a] = itemB
    this.#items[b] = itemA
  }
}
