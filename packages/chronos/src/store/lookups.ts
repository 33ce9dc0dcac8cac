import type { OrderedStore } from './ordered-store.ts'
import { pageOf } from './read-rounds.ts'

export interface Wanted {
  readonly key: Buffer
  /** False: only whether it is there and how long it is. */
  readonly value: boolean
}

export interface Found {
  /** Of the value. */
  readonly length: number
  readonly value: Buffer | undefined
}

const BYTES_AT_ONCE = 8 * 1024 * 1024

/** Entries looked up ahead, some at a time, so that values which nobody wants are not held together. */
export class Lookups {
  readonly #found = new Map<string, Found>()

  /** `largestBytes`: about the length of the longest value there is. */
  static async read(store: OrderedStore, wanted: readonly Wanted[], largestBytes: number): Promise<Lookups> {
    const lookups = new Lookups()
    const page = pageOf(BYTES_AT_ONCE, largestBytes)
    for (let from = 0; from < wanted.length; from += page)
      await lookups.#read(store, wanted.slice(from, from + page))
    return lookups
  }

  /** Undefined also when it was not asked for. The key is made only where anything was found. */
  get(key: () => Buffer): Found | undefined {
    return this.#found.size === 0 ? undefined : this.#found.get(key().toString('latin1'))
  }

  async #read(store: OrderedStore, wanted: readonly Wanted[]): Promise<void> {
    const values = await store.getMany(wanted.map(({ key }) => key))
    for (const [index, { key, value: keep }] of wanted.entries()) {
      const value = values[index]
      if (value === undefined) continue
      this.#found.set(key.toString('latin1'), { length: value.length, value: keep ? value : undefined })
    }
  }
}
