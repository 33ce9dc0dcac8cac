import { HeaderNames } from '@ddmq/storage'
import type { KeyRange, TimedKey } from './keys.ts'
import type { OrderedStore } from './ordered-store.ts'
import { decodeRound } from './round-codec.ts'
import { scanPages } from './scan-all.ts'
import type { PendingRound, RoundLimits } from './shard-index.ts'

/** A page may hold so many rounds however large they are, or a single large one would make every read crawl. */
const SMALLEST_PAGE = 32
/** And no more, so that other work comes in between. */
const LARGEST_PAGE = 1000

export interface RoundsQuery extends RoundLimits {
  readonly range: KeyRange
  /** Of all rounds there are: see `IndexState`. */
  readonly largestBytes: number
  /** Of a key of the range. */
  readonly readKey: (key: Buffer) => TimedKey
}

/**
 * Rounds up to the limits, at least one where there is one. Pages are so small that rounds of `largestBytes` would not take much more
 * memory than was asked for. `seen` is told of each, with what is stored of it.
 */
export async function readRounds(
  store: OrderedStore,
  { range, count, bytes, largestBytes, readKey }: RoundsQuery,
  seen?: (round: PendingRound, value: Buffer) => void,
): Promise<readonly PendingRound[]> {
  const page = Math.max(1, Math.min(count, LARGEST_PAGE, pageOf(bytes, largestBytes)))
  const names = new HeaderNames()
  const rounds: PendingRound[] = []
  let taken = 0
  for await (const entries of scanPages(store, range, { page })) {
    for (const { key, value } of entries) {
      taken += value.length
      if (rounds.length > 0 && taken > bytes) return rounds
      const { timeMs: dueMs, text: name } = readKey(key)
      const { round, addedMs, content } = decodeRound(value, names)
      const pending = { name, round, dueMs, addedMs, content }
      rounds.push(pending)
      seen?.(pending, value)
      if (rounds.length >= count) return rounds
    }
  }
  return rounds
}

/** How many rounds to read at once. */
export function pageOf(bytes: number, largestBytes: number): number {
  return Math.max(SMALLEST_PAGE, Math.floor(bytes / Math.max(1, largestBytes)))
}
