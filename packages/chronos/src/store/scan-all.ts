import type { Entry } from '@ddmq/storage/rocksdb'
import type { KeyRange } from './keys.ts'
import type { OrderedStore } from './ordered-store.ts'

const PAGE = 1000

export interface PageOptions {
  /** Entries per read. */
  readonly page?: number
  readonly values?: boolean
}

/** All entries of a range, one by one. */
export async function* scanAll(
  store: OrderedStore,
  range: KeyRange,
  options: PageOptions = {},
): AsyncGenerator<Entry> {
  for await (const entries of scanPages(store, range, options)) yield* entries
}

/** All entries of a range, a page at a time: where there are many, a promise per entry costs more than the entry. */
export async function* scanPages(
  store: OrderedStore,
  { gte, lt }: KeyRange,
  { page = PAGE, values = true }: PageOptions,
): AsyncGenerator<readonly Entry[]> {
  let from: Buffer | undefined = gte
  while (from !== undefined) {
    const entries: readonly Entry[] = await store.scan({ gte: from, lt, limit: page, values })
    yield entries
    const last = entries.length < page ? undefined : entries.at(-1)
    from = last === undefined ? undefined : Buffer.concat([last.key, Buffer.alloc(1)])
  }
}
