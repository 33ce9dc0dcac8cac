import type { MessageName } from '@ddmq/storage/delay'
import type { IndexParts } from './index-parts.ts'
import type { KnownRound } from './known-rounds.ts'
import { type Found, Lookups, type Wanted } from './lookups.ts'
import type { OrderedStore } from './ordered-store.ts'
import { decodeProgress, type ProgressEntry } from './progress-codec.ts'
import { contentBytes } from './round-codec.ts'
import type { MessageChange } from './table-changes.ts'

/** What the index holds of a message before a change, as far as the change needs it. */
export interface MessageBefore {
  readonly progress: ProgressEntry | undefined
  /** The add, if it was looked up: pending where there is no progress record, else litter. Its value only where it stays. */
  readonly add: Found | undefined
  readonly pending: PendingBefore | undefined
}

interface PendingBefore {
  readonly dueMs: number
  /** Bodies and headers. */
  readonly bytes: number
  readonly isAside: boolean
}

/**
 * Reads what the changes of a batch need, in two steps at most; for an add that is not due yet that is nothing at all:
 *
 * B1 A message has no progress record when its round 0 is due later than that of every message that has one.
 * B2 Of a message whose pending round was read and has not changed since, that round says what the progress record is.
 * B3 An add where there is no progress record goes to the key of an earlier one, and need not know of it.
 */
export async function readBefore(
  store: OrderedStore,
  parts: IndexParts,
  changes: ReadonlyMap<MessageName, MessageChange>,
): Promise<(change: MessageChange) => MessageBefore> {
  const { keys } = parts
  const asked: Wanted[] = []
  for (const change of changes.values())
    if (mayHaveProgress(parts, change)) asked.push({ key: keys.progress(change.name), value: true })
  const records = await Lookups.read(store, asked, 0)
  const progressOf = ({ name, known }: MessageChange): ProgressEntry | undefined =>
    knownProgress(known) ?? decodeProgress(records.get(() => keys.progress(name))?.value)
  const wanted: Wanted[] = []
  for (const change of changes.values()) addNeeded(wanted, parts, { change, before: progressOf(change) })
  const entries = await Lookups.read(store, wanted, parts.state.largestBytes)
  return change => beforeOf(parts, change, { progress: progressOf(change), entries })
}

function mayHaveProgress({ state }: IndexParts, { known, firstDueMs }: MessageChange): boolean {
  return state.counts.progress > 0 && firstDueMs <= state.latestProgressMs && known === undefined
}

function knownProgress(known: KnownRound | undefined): ProgressEntry | undefined {
  if (known === undefined || known.round === 0) return undefined
  const { round, dueMs, bytes } = known
  return { kind: 'next', round, dueMs, bytes }
}

function addNeeded(
  wanted: Wanted[],
  { keys, state, aside }: IndexParts,
  { change, before }: { readonly change: MessageChange; readonly before: ProgressEntry | undefined },
): void {
  const { name, topic, firstDueMs, known, add, progress } = change
  const value = add === undefined
  if (before === undefined) {
    const overwrites = typeof add === 'object' && typeof progress !== 'object'
    const isKnown = add !== undefined && known !== undefined
    if (!overwrites && !isKnown) wanted.push({ key: keys.pending(firstDueMs, name), value })
  } else if (state.counts.litterAdds > 0) wanted.push({ key: keys.litterAdd(name), value })
  const dueMs = dueBefore(firstDueMs, before)
  if (dueMs !== undefined && aside.mayHold(topic, dueMs))
    wanted.push({ key: keys.aside(topic, dueMs, name), value })
}

function beforeOf(
  { keys }: IndexParts,
  { name, topic, firstDueMs, known }: MessageChange,
  { progress, entries }: { readonly progress: ProgressEntry | undefined; readonly entries: Lookups },
): MessageBefore {
  const dueMs = dueBefore(firstDueMs, progress)
  const aside = dueMs === undefined ? undefined : entries.get(() => keys.aside(topic, dueMs, name))
  const isAside = aside !== undefined
  if (progress !== undefined) {
    const pending =
      progress.kind === 'next' ? { dueMs: progress.dueMs, bytes: progress.bytes, isAside } : undefined
    return { progress, add: entries.get(() => keys.litterAdd(name)), pending }
  }
  const add = aside ?? entries.get(() => keys.pending(firstDueMs, name))
  const bytes = add === undefined ? known?.bytes : contentBytes(add)
  return { progress, add, pending: bytes === undefined ? undefined : { dueMs: firstDueMs, bytes, isAside } }
}

/** When the pending round is due, if there is one. */
function dueBefore(firstDueMs: number, progress: ProgressEntry | undefined): number | undefined {
  if (progress === undefined) return firstDueMs
  return progress.kind === 'next' ? progress.dueMs : undefined
}
