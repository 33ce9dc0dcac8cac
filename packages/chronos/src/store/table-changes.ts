/** Hot path: once per record of the table. */
import { lastRound, parseDelayId, roundOf } from '@ddmq/common/delay'
import type { StoredRecord } from '@ddmq/storage'
import {
  cancelledUntilMs,
  type MessageName,
  parseMessageName,
  parseTableKey,
  progressOf,
} from '@ddmq/storage/delay'
import type { KnownRound, KnownRounds } from './known-rounds.ts'
import type { ProgressEntry } from './progress-codec.ts'
import { contentBytes, encodeRound } from './round-codec.ts'

/** A record of the table that cannot be read, and why. It counts as a tombstone of its key, or as nothing. */
export interface UnreadableRecord {
  readonly offset: number
  readonly part: 'key' | 'progress' | 'cancel'
}

/** A progress record: what the index holds of it and, of a next round, the encoded round. */
interface ProgressChange {
  readonly entry: ProgressEntry
  readonly value: Buffer | undefined
}

/** What a read batch says of one message. `undefined`: nothing; `gone`: there is none any more. */
export interface MessageChange {
  readonly name: MessageName
  readonly topic: string
  /** Of round 0. */
  readonly firstDueMs: number
  readonly known: KnownRound | undefined
  add: Buffer | 'gone' | undefined
  progress: ProgressChange | 'gone' | undefined
}

export interface TableChanges {
  readonly messages: ReadonlyMap<MessageName, MessageChange>
  /** By message: until when each round is cancelled, or undefined where it is no more. */
  readonly cancels: ReadonlyMap<MessageName, ReadonlyMap<number, number | undefined>>
}

/**
 * What a read batch changes. Only the latest record of each key counts (SPEC.md I1), so the order of records of different
 * keys is of no account. `known`: rounds whose names were taken apart before; `unreadable` is told of each record that cannot be read.
 */
export function changesOf(
  records: readonly StoredRecord[],
  known: KnownRounds,
  unreadable: (record: UnreadableRecord) => void,
): TableChanges {
  const reader = new ChangeReader(known, unreadable)
  for (const record of records) reader.take(record)
  return reader
}

class ChangeReader implements TableChanges {
  readonly messages = new Map<MessageName, MessageChange>()
  readonly cancels = new Map<MessageName, Map<number, number | undefined>>()
  readonly #known: KnownRounds
  readonly #unreadable: (record: UnreadableRecord) => void
  readonly #isKnown = (name: MessageName): boolean =>
    this.#last?.name === name || this.#known.get(name) !== undefined
  #last: MessageChange | undefined

  constructor(known: KnownRounds, unreadable: (record: UnreadableRecord) => void) {
    this.#known = known
    this.#unreadable = unreadable
  }

  take(record: StoredRecord): void {
    const key = parseTableKey(record.key, this.#isKnown)
    if (key?.kind === 'barrier') return
    if (key?.kind === 'cancel') return this.#takeCancel(key.name, key.round, record)
    const change = key === undefined ? undefined : this.#changeOf(key.name)
    if (change === undefined) return this.#unreadable({ offset: record.offset, part: 'key' })
    if (key?.kind === 'message') change.add = addOf(record)
    else change.progress = this.#progressOf(change.name, record)
  }

  #takeCancel(name: MessageName, round: number, { offset, value }: StoredRecord): void {
    const untilMs = value === null ? undefined : cancelledUntilMs(value)
    if (value !== null && untilMs === undefined) this.#unreadable({ offset, part: 'cancel' })
    let rounds = this.cancels.get(name)
    if (rounds === undefined) this.cancels.set(name, (rounds = new Map()))
    rounds.set(round, untilMs)
  }

  #progressOf(name: MessageName, record: StoredRecord): ProgressChange | 'gone' {
    if (record.value === null) return 'gone'
    const change = progressChange(name, record, record.value)
    if (change !== undefined) return change
    this.#unreadable({ offset: record.offset, part: 'progress' })
    return 'gone'
  }

  #changeOf(name: MessageName): MessageChange | undefined {
    // The records of one message mostly follow one another.
    if (this.#last?.name === name) return this.#last
    const before = this.messages.get(name)
    if (before !== undefined) return before
    const known = this.#known.get(name)
    const first = known?.round === 0 ? known : firstOf(name)
    if (first === undefined) return undefined
    const { topic, dueMs: firstDueMs } = first
    const change: MessageChange = { name, topic, firstDueMs, known, add: undefined, progress: undefined }
    this.messages.set(name, change)
    this.#last = change
    return change
  }
}

/** Round 0; undefined for an id that is none. */
function firstOf(name: MessageName): { readonly topic: string; readonly dueMs: number } | undefined {
  const { topic, id, milliseconds } = parseMessageName(name)
  const first = parseDelayId(id)
  return typeof first === 'string' ? undefined : { topic, dueMs: first.timestamp * 1000 + milliseconds }
}

function addOf({ value, headers, timestampMs }: StoredRecord): Buffer | 'gone' {
  if (value === null) return 'gone'
  return encodeRound({ round: 0, addedMs: Math.max(0, timestampMs), content: { headers, body: value } })
}

/** Undefined for a value that is none, or a round that this message does not have. */
function progressChange(
  name: MessageName,
  { headers, timestampMs }: StoredRecord,
  value: Uint8Array,
): ProgressChange | undefined {
  const progress = progressOf(value, headers)
  if (progress === undefined) return undefined
  if (progress.kind === 'fired')
    return { entry: { kind: 'fired', atMs: Math.max(0, timestampMs) }, value: undefined }
  const { round } = progress
  const dueMs = laterRoundMs(name, round)
  if (dueMs === undefined) return undefined
  const encoded = encodeRound(progress)
  return { entry: { kind: 'next', round, dueMs, bytes: contentBytes(encoded) }, value: encoded }
}

function laterRoundMs(name: MessageName, round: number): number | undefined {
  const { id, milliseconds } = parseMessageName(name)
  const first = parseDelayId(id)
  if (typeof first === 'string' || round < 1 || round > lastRound(first)) return undefined
  return roundOf(first, round).timestamp * 1000 + milliseconds
}
