import type { MessageName } from '@ddmq/storage/delay'
import type { IndexWrite } from './index-parts.ts'
import type { Found } from './lookups.ts'
import type { MessageBefore } from './message-before.ts'
import { putPending, removePending } from './pending-rounds.ts'
import { encodeProgress, type ProgressEntry } from './progress-codec.ts'
import type { MessageChange } from './table-changes.ts'

/**
 * Brings the entries of one message to what its latest records say (SPEC.md I1):
 *
 * A1 No progress record: the add, if there is one, is the pending round. "Next": that round is. "Fired": none is.
 * A2 A pending round has one entry, either among those that wait or among those that are set aside.
 * A3 An add beside a progress record is kept as litter: it is pending again should that record go away.
 */
export function applyMessage(to: IndexWrite, change: MessageChange, before: MessageBefore): void {
  const add = change.add === undefined ? before.add?.value : change.add === 'gone' ? undefined : change.add
  const progress = progressAfter(change, before)
  const byProgress = before.progress !== undefined || progress !== undefined
  if ((byProgress ? change.progress : change.add) !== undefined) {
    const round = progress === undefined ? { dueMs: change.firstDueMs, value: add } : nextOf(change)
    replacePending(to, change, { before, round })
  }
  applyLitter(to, change.name, {
    before: before.progress === undefined ? undefined : before.add,
    after: progress === undefined ? undefined : add,
  })
  if (change.progress !== undefined) {
    forgetProgress(to, change.name, before.progress)
    if (progress !== undefined) noteProgress(to, change, progress)
  }
}

function progressAfter({ progress }: MessageChange, before: MessageBefore): ProgressEntry | undefined {
  if (progress === undefined) return before.progress
  return progress === 'gone' ? undefined : progress.entry
}

interface RoundAfter {
  readonly dueMs: number
  readonly value: Buffer | undefined
}

/** The round that a changed progress record makes pending. */
function nextOf({ progress }: MessageChange): RoundAfter | undefined {
  if (typeof progress !== 'object' || progress.entry.kind === 'fired') return undefined
  return { dueMs: progress.entry.dueMs, value: progress.value }
}

function replacePending(
  to: IndexWrite,
  { topic, name, known }: MessageChange,
  { before, round }: { readonly before: MessageBefore; readonly round: RoundAfter | undefined },
): void {
  const old = before.pending
  if (old !== undefined) {
    const place = { topic, name, dueMs: old.dueMs, isAside: old.isAside }
    removePending(to, place, { bytes: old.bytes, known })
  }
  if (round?.value === undefined) return
  const isAside = old?.isAside === true && old.dueMs === round.dueMs
  putPending(to, { topic, name, dueMs: round.dueMs, isAside }, round.value)
}

function applyLitter(
  { batch, keys, state }: IndexWrite,
  name: MessageName,
  { before, after }: { readonly before: Found | undefined; readonly after: Buffer | undefined },
): void {
  if (before?.value === after && (before === undefined) === (after === undefined)) return
  const key = keys.litterAdd(name)
  if (after === undefined) batch.delete(key)
  else batch.put(key, after)
  state.counts.litterAdds += Number(after !== undefined) - Number(before !== undefined)
}

function forgetProgress(
  { batch, keys, state }: IndexWrite,
  name: MessageName,
  progress: ProgressEntry | undefined,
): void {
  if (progress === undefined) return
  batch.delete(keys.progress(name))
  state.counts.progress--
  if (state.counts.progress === 0) state.latestProgressMs = 0
  if (progress.kind === 'next') return
  batch.delete(keys.fired(progress.atMs, name))
  state.counts.fired--
}

function noteProgress(
  { batch, keys, state }: IndexWrite,
  { name, firstDueMs }: MessageChange,
  progress: ProgressEntry,
): void {
  batch.put(keys.progress(name), encodeProgress(progress))
  state.counts.progress++
  state.latestProgressMs = Math.max(state.latestProgressMs, firstDueMs)
  if (progress.kind === 'next') return
  batch.put(keys.fired(progress.atMs, name), EMPTY)
  state.counts.fired++
  state.low.fired = Math.min(state.low.fired, progress.atMs)
}

const EMPTY = Buffer.alloc(0)
