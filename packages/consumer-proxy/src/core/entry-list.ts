import { LinkedList, OffsetTable } from '@ddmq/common/collections'
import type { PullEntry } from './pull-entry.ts'

/** Messages of one partition in an order, found by their offsets. Hot. */
export class EntryList {
  readonly #order = new LinkedList<PullEntry>()
  readonly #byOffset = new OffsetTable<PullEntry>()

  get size(): number {
    return this.#order.size
  }

  get first(): PullEntry | undefined {
    return this.#order.first
  }

  get(offset: number): PullEntry | undefined {
    return this.#byOffset.get(offset)
  }

  push(entry: PullEntry): void {
    this.#order.push(entry)
    this.#byOffset.add(entry)
  }

  unshift(entry: PullEntry): void {
    this.#order.unshift(entry)
    this.#byOffset.add(entry)
  }

  /** Answers whether it was in it. */
  delete(entry: PullEntry): boolean {
    if (!this.#byOffset.delete(entry)) return false
    this.#order.delete(entry)
    return true
  }

  clear(): void {
    for (let { first } = this; first !== undefined; first = this.first) this.delete(first)
  }
}
