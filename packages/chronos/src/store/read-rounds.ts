import type { Entry } from '@ddmq/storage/rocksdb'
import type { KeyRange } from './keys.ts'
import type { OrderedStore } from './ordered-store.ts'
import { scanPages } from './scan-all.ts'
import type { RoundLimits } from './shard-index.ts'

/** A page may hold so many rounds however large they are, or a single large one would make every read crawl. */
const SMALLEST_PAGE = 32

/**
 * Entries of rounds up to the limits, at least one where there is one. Pages are so small that rounds of `largestBytes` would not
 * take much more memory than was asked for.
 */
export async function readRounds(
  store: OrderedStore,
  range: KeyRange,
  { count, bytes, largestBytes }: RoundLimits & { readonly largestBytes: number },
): Promise<readonly Entry[]> {
  const page = Math.max(1, Math.min(count, pageOf(bytes, largestBytes)))
  const entries: Entry[] = []
  let taken = 0
  for await (const found of scanPages(store, range, { page })) {
    for (const entry of found) {
      taken += entry.value.length
      if (entries.length > 0 && taken > bytes) return entries
      entries.push(entry)
      if (entries.length >= count) return entries
    }
  }
  return entries
}

/** How many rounds to read at once. */
export function pageOf(bytes: number, largestBytes: number): number {
  return Math.max(SMALLEST_PAGE, Math.floor(bytes / Math.max(1, largestBytes)))
}
