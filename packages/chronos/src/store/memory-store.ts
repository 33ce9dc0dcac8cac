import type { Entry, ScanOptions, WriteBatch } from '@ddmq/storage/rocksdb'
import type { OrderedStore } from './ordered-store.ts'

/** Keys and values in memory: for tests, and nothing is kept. Bytes are copied, as they are by a store on disk. */
export class MemoryStore implements OrderedStore {
  /** Latin-1 text of the key: its order is that of the bytes. */
  readonly #values = new Map<string, Buffer>()
  #sorted: readonly string[] | undefined

  getMany(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]> {
    return Promise.resolve(keys.map(key => copyOf(this.#values.get(key.toString('latin1')))))
  }

  scan({ gte, lt, limit, reverse = false, values = true }: ScanOptions): Promise<readonly Entry[]> {
    const keys = this.#keys()
    const range = keys.slice(
      firstAtOrAfter(keys, gte.toString('latin1')),
      firstAtOrAfter(keys, lt.toString('latin1')),
    )
    const found = (reverse ? range.toReversed() : range).slice(0, limit)
    return Promise.resolve(
      found.map(key => ({
        key: Buffer.from(key, 'latin1'),
        value: (values ? copyOf(this.#values.get(key)) : undefined) ?? Buffer.alloc(0),
      })),
    )
  }

  write({ operations }: WriteBatch): Promise<void> {
    for (const { kind, key, operand } of operations) {
      if (kind === 'put') this.#values.set(key.toString('latin1'), Buffer.from(operand))
      else if (kind === 'delete') this.#values.delete(key.toString('latin1'))
      else this.#deleteRange(key.toString('latin1'), operand.toString('latin1'))
      this.#sorted = undefined
    }
    return Promise.resolve()
  }

  /** What it holds now, apart from what is written later. */
  copy(): MemoryStore {
    const copy = new MemoryStore()
    for (const [key, value] of this.#values) copy.#values.set(key, value)
    return copy
  }

  #deleteRange(start: string, end: string): void {
    for (const key of this.#values.keys()) if (key >= start && key < end) this.#values.delete(key)
  }

  #keys(): readonly string[] {
    return (this.#sorted ??= [...this.#values.keys()].toSorted(byText))
  }
}

function byText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

function copyOf(bytes: Buffer | undefined): Buffer | undefined {
  return bytes === undefined ? undefined : Buffer.from(bytes)
}

function firstAtOrAfter(sorted: readonly string[], key: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}
