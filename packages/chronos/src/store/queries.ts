import { parseDelayId } from '@ddmq/common/delay'
import { cancelName, type MessageName, parseMessageName } from '@ddmq/storage/delay'
import { decodeCancels } from './cancel-codec.ts'
import type { IndexParts } from './index-parts.ts'
import type { OrderedStore } from './ordered-store.ts'
import { decodeProgress } from './progress-codec.ts'
import { decodeRound } from './round-codec.ts'
import { scanAll } from './scan-all.ts'
import type { HistogramSpan, PendingRound } from './shard-index.ts'

/** The lowest cancelled round of each of these messages that has one. */
export async function lowestCancels(
  store: OrderedStore,
  { keys, state }: IndexParts,
  names: readonly MessageName[],
): Promise<ReadonlyMap<MessageName, number>> {
  const lowest = new Map<MessageName, number>()
  if (state.counts.cancels === 0) return lowest
  const stored = await store.getMany(names.map(name => keys.cancels(cancelName(name))))
  for (const [index, name] of names.entries()) {
    const rounds = decodeCancels(stored[index])
    if (rounds.size > 0) lowest.set(name, Math.min(...rounds.keys()))
  }
  return lowest
}

/** The pending round of a message, if it has one. */
export async function findRound(
  store: OrderedStore,
  { keys }: IndexParts,
  name: MessageName,
): Promise<PendingRound | undefined> {
  const { topic, id, milliseconds } = parseMessageName(name)
  const first = parseDelayId(id)
  if (typeof first === 'string') return undefined
  const [record] = await store.getMany([keys.progress(name)])
  const progress = decodeProgress(record)
  if (progress?.kind === 'fired') return undefined
  const dueMs = progress?.dueMs ?? first.timestamp * 1000 + milliseconds
  const [waiting, aside] = await store.getMany([keys.pending(dueMs, name), keys.aside(topic, dueMs, name)])
  const value = waiting ?? aside
  return value === undefined ? undefined : { name, dueMs, ...decodeRound(value) }
}

/** How many of the `limit` earliest rounds that wait are due in each step. */
export async function countBySteps(
  store: OrderedStore,
  { keys, state }: IndexParts,
  { fromMs, stepMs, steps }: HistogramSpan,
  limit: number,
): Promise<readonly number[]> {
  const counts = Array.from({ length: steps }, () => 0)
  const endMs = fromMs + stepMs * steps
  const range = keys.between('p', Math.min(Math.max(fromMs, state.low.pending), endMs), endMs)
  let left = limit
  for await (const { key } of scanAll(store, range, { values: false })) {
    if (left-- <= 0) break
    const step = Math.floor((keys.timedOf(key).timeMs - fromMs) / stepMs)
    counts[step] = (counts[step] ?? 0) + 1
  }
  return counts
}
