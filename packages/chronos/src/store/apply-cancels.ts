import type { MessageName } from '@ddmq/storage/delay'
import { decodeCancels, encodeCancels } from './cancel-codec.ts'
import type { IndexWrite } from './index-parts.ts'
import type { OrderedStore } from './ordered-store.ts'
import type { TableChanges } from './table-changes.ts'

const EMPTY = Buffer.alloc(0)

/** What is stored of the messages whose cancels a batch changes. */
export async function readCancels(
  store: OrderedStore,
  { keys, state }: Pick<IndexWrite, 'keys' | 'state'>,
  names: readonly MessageName[],
): Promise<readonly Map<number, number>[]> {
  if (state.counts.cancels === 0) return names.map(() => new Map<number, number>())
  const stored = await store.getMany(names.map(name => keys.cancels(name)))
  return names.map((_, index) => decodeCancels(stored[index]))
}

/** `stored`: as `readCancels` answered for the names of these cancels. */
export function applyCancels(
  to: IndexWrite,
  cancels: TableChanges['cancels'],
  stored: readonly Map<number, number>[],
): void {
  for (const [index, [name, rounds]] of [...cancels].entries()) {
    const entry = stored[index] ?? new Map<number, number>()
    for (const [round, untilMs] of rounds) applyCancel(to, entry, { name, round, untilMs })
    if (entry.size === 0) to.batch.delete(to.keys.cancels(name))
    else to.batch.put(to.keys.cancels(name), encodeCancels(entry))
  }
}

interface CancelChange {
  readonly name: MessageName
  readonly round: number
  readonly untilMs: number | undefined
}

function applyCancel(
  { batch, keys, state }: IndexWrite,
  entry: Map<number, number>,
  { name, round, untilMs }: CancelChange,
): void {
  const before = entry.get(round)
  if (before !== undefined) {
    entry.delete(round)
    batch.delete(keys.cancelEnd(before, name, round))
    state.counts.cancels--
  }
  if (untilMs === undefined) return
  entry.set(round, untilMs)
  batch.put(keys.cancelEnd(untilMs, name, round), EMPTY)
  state.counts.cancels++
  state.low.cancelEnd = Math.min(state.low.cancelEnd, untilMs)
}
