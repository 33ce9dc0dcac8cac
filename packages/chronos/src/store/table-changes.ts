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
 * keys is of no account. `unreadable` is told of each record that cannot be read.
 */
export function changesOf(
  records: readonly StoredRecord[],
  unreadable: (record: UnreadableRecord) => void,
): TableChanges {
  const reader = new ChangeReader(unreadable)
  for (const record of records) reader.take(record)
  return reader
}

class ChangeReader implements TableChanges {
  readonly messages = new Map<MessageName, MessageChange>()
  readonly cancels = new Map<MessageName, Map<number, number | undefined>>()
  readonly #unreadable: (record: UnreadableRecord) => void

  constructor(unreadable: (record: UnreadableRecord) => void) {
    this.#unreadable = unreadable
  }

  take(record: StoredRecord): void {
    const key = parseTableKey(record.key)
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
    const known = this.messages.get(name)
    if (known !== undefined) return known
    const { topic, id, milliseconds } = parseMessageName(name)
    const first = parseDelayId(id)
    if (typeof first === 'string') return undefined
    const firstDueMs = first.timestamp * 1000 + milliseconds
    const change: MessageChange = { name, topic, firstDueMs, add: undefined, progress: undefined }
    this.messages.set(name, change)
    return change
  }
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
