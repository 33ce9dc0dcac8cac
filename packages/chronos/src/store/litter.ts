import { cancelKey, messageKey, progressKey, RETRY_WINDOW_MS } from '@ddmq/storage/delay'
import type { IndexParts } from './index-parts.ts'
import type { KeyRange } from './keys.ts'
import type { OrderedStore } from './ordered-store.ts'

/** What is asked: `nowMs` is log time. */
export interface LitterQuery {
  readonly nowMs: number
  /** When the earliest pending round is due; looked up only where a cancel may have ended. */
  readonly earliestDueMs: () => Promise<number>
  readonly limit: number
}

/** Keys of the table that say nothing any more, at most `limit`. */
export async function findLitter(
  store: OrderedStore,
  parts: IndexParts,
  query: LitterQuery,
): Promise<readonly Buffer[]> {
  const found: Buffer[] = []
  for (const find of [addsBesideProgress, firedLongAgo, endedCancels]) {
    const limit = query.limit - found.length
    if (limit > 0) found.push(...(await find(store, parts, { ...query, limit })))
  }
  return found
}

async function addsBesideProgress(
  store: OrderedStore,
  { keys, state }: IndexParts,
  { limit }: LitterQuery,
): Promise<readonly Buffer[]> {
  if (state.counts.litterAdds === 0) return []
  const entries = await keysIn(store, keys.all('l'), limit)
  return entries.map(key => messageKey(keys.nameOf(key)))
}

/** Those of which there is an add stay until it is gone, or it would be delivered. */
async function firedLongAgo(
  store: OrderedStore,
  { keys, state }: IndexParts,
  { nowMs, limit }: LitterQuery,
): Promise<readonly Buffer[]> {
  const { low, counts } = state
  const endMs = nowMs - RETRY_WINDOW_MS
  if (low.fired >= endMs) return []
  const fired = (await keysIn(store, keys.between('f', low.fired, endMs), limit)).map(key =>
    keys.timedOf(key),
  )
  low.fired = fired[0]?.timeMs ?? endMs
  const names = fired.map(({ text }) => text)
  const adds = counts.litterAdds === 0 ? [] : await store.getMany(names.map(name => keys.litterAdd(name)))
  return names.filter((_, index) => adds[index] === undefined).map(progressKey)
}

/** A cancel is needed until it ends, and as long as a round that is due before its end is pending. */
async function endedCancels(
  store: OrderedStore,
  { keys, state: { low } }: IndexParts,
  { nowMs, earliestDueMs, limit }: LitterQuery,
): Promise<readonly Buffer[]> {
  if (low.cancelEnd >= nowMs) return []
  const endMs = Math.min(nowMs, await earliestDueMs())
  if (low.cancelEnd >= endMs) return []
  const ended = (await keysIn(store, keys.between('u', low.cancelEnd, endMs), limit)).map(key =>
    keys.timedOf(key),
  )
  low.cancelEnd = ended[0]?.timeMs ?? endMs
  return ended.map(({ text }) => {
    const slash = text.lastIndexOf('/')
    return cancelKey(text.slice(0, slash), Number(text.slice(slash + 1)))
  })
}

async function keysIn(store: OrderedStore, { gte, lt }: KeyRange, limit: number): Promise<readonly Buffer[]> {
  const entries = await store.scan({ gte, lt, limit, values: false })
  return entries.map(({ key }) => key)
}
