/** Hot path: once per round that is due. */
import { DELAY_TYPES, type DelayId, formatDelayId, parseDelayId, roundOf } from '@ddmq/common/delay'
import type { Header, LogRecord } from '@ddmq/storage'
import {
  firedRecord,
  messageKey,
  nextRoundRecord,
  parseMessageName,
  progressKey,
  RETRY_WINDOW_MS,
  tombstone,
} from '@ddmq/storage/delay'
import type { PendingRound } from '../store/shard-index.ts'
import type { RoundsToFire } from './misfire.ts'

/** Property of every message that the delay service delivers (chronos.md §8). */
const FROM_CHRONOS: Header = { name: 'from_chronos', value: Buffer.from('from_chronos') }
/** Of a record beside its body and headers, about. */
const RECORD_BYTES = 200
/** Of one round that is taken, at most. */
const TABLE_RECORDS = 2
const EMPTY = Buffer.alloc(0)
/** Where an id says its type: behind the ten digits of its second. */
const TYPE_AT = 11
const ONCE = 0x30 + DELAY_TYPES.once
const DASH = 0x2d

/** A pending round with its name taken apart. */
export interface DueRound {
  readonly pending: PendingRound
  readonly topic: string
  /** Of round 0. */
  readonly id: string
  /** The same taken apart; undefined where the message has this round only. */
  readonly first: DelayId | undefined
}

export interface BatchLimits {
  readonly count: number
  readonly bytes: number
}

export interface TakenRound {
  readonly round: DueRound
  readonly firing: RoundsToFire
}

export interface DeadLetter {
  /** Where it goes. */
  readonly topic: string
  readonly reason: string
  /** Not even that topic takes it whole. */
  readonly withoutBody: boolean
}

/** Undefined for a name that is no message's: nobody of ours wrote it. */
export function dueRoundOf(pending: PendingRound): DueRound | undefined {
  const { topic, id } = parseMessageName(pending.name)
  if (isOnce(id)) return { pending, topic, id, first: undefined }
  const first = parseDelayId(id)
  return typeof first === 'string' ? undefined : { pending, topic, id, first }
}

/** Of an id that was taken apart before, when its message came into the index. */
function isOnce(id: string): boolean {
  return id.charCodeAt(TYPE_AT) === ONCE && id.charCodeAt(TYPE_AT + 1) === DASH
}

/**
 * One transaction in the making (SPEC.md I3): deliveries by topic, and what the table says afterwards. A round that does not fit
 * whole is delivered as far as it does and stays pending from there. Of the table's records any beginning loses nothing and takes
 * nothing back: what comes after a message stands before its end.
 */
export class FireBatch {
  #deliveries = new Map<string, LogRecord[]>()
  #table: LogRecord[] = []
  #taken: TakenRound[] = []
  /** How much of it may be used so far, 0 to 1. */
  share = 1
  readonly #limits: BatchLimits
  readonly #nowMs: number
  #delivered = 0
  #bytes = 0

  constructor(limits: BatchLimits, nowMs: number) {
    this.#limits = limits
    this.#nowMs = nowMs
  }

  get deliveries(): ReadonlyMap<string, readonly LogRecord[]> {
    return this.#deliveries
  }

  get table(): readonly LogRecord[] {
    return this.#table
  }

  /** What it is made of. */
  get taken(): readonly TakenRound[] {
    return this.#taken
  }

  get isEmpty(): boolean {
    return this.#table.length === 0
  }

  /** Holds its records no longer: whoever has them by now needs them (D4 of `DelayIndex`). */
  release(): void {
    this.#deliveries = new Map()
    this.#table = []
    this.#taken = []
  }

  get delivered(): number {
    return this.#delivered
  }

  get isFull(): boolean {
    const { count, bytes } = this.#limits
    return (
      this.#table.length >= TABLE_RECORDS * count * this.share ||
      this.#delivered >= count * this.share ||
      this.#bytes >= bytes * this.share
    )
  }

  /** Delivers to the message's topic. */
  add(round: DueRound, firing: RoundsToFire): void {
    this.#take(round, firing, this.#send)
  }

  /** The same, but to another topic, with the reason why. */
  addDead(round: DueRound, firing: RoundsToFire, dead: DeadLetter): void {
    this.#take(round, firing, (_, number) => {
      const record = this.#recordOf(round, number)
      this.#deliver(dead.topic, {
        ...record,
        ...(dead.withoutBody && { value: EMPTY }),
        headers: [...record.headers, ...deadHeaders(round, dead)],
      })
    })
  }

  /** Takes a key out of the table that says nothing any more. */
  addLitter(key: Uint8Array): void {
    this.#table.push(tombstone(key, this.#nowMs))
  }

  #take(round: DueRound, firing: RoundsToFire, send: (round: DueRound, number: number) => void): void {
    const { deliver, next } = firing
    this.#taken.push({ round, firing })
    for (const number of deliver) {
      // At least one, so that a round larger than the limits is delivered, too.
      if (this.#bytes > 0 && this.isFull) return this.#conclude(round, number)
      send(round, number)
    }
    this.#conclude(round, next)
  }

  readonly #send = (round: DueRound, number: number): void =>
    this.#deliver(round.topic, this.#recordOf(round, number))

  #deliver(topic: string, record: LogRecord): void {
    const records = this.#deliveries.get(topic)
    if (records === undefined) this.#deliveries.set(topic, [record])
    else records.push(record)
    this.#delivered++
    this.#bytes += sizeOf(record)
  }

  #conclude({ pending }: DueRound, next: number | undefined): void {
    const { name, round, addedMs, content } = pending
    if (next !== undefined) {
      this.#table.push(nextRoundRecord(name, { round: next, addedMs, content }, this.#nowMs))
      this.#bytes += content.body.length
    } else if (this.#nowMs - addedMs < RETRY_WINDOW_MS) {
      this.#table.push(firedRecord(name, this.#nowMs))
    } else if (round > 0) {
      // A retry of the add that is still there would begin the loop again.
      this.#table.push(tombstone(messageKey(name), this.#nowMs), tombstone(progressKey(name), this.#nowMs))
    }
    if (round === 0) this.#table.push(tombstone(messageKey(name), this.#nowMs))
  }

  #recordOf({ pending, id, first }: DueRound, number: number): LogRecord {
    const { body, headers } = pending.content
    const text = first === undefined ? id : formatDelayId(roundOf(first, number))
    return {
      key: Buffer.from(text, 'latin1'),
      value: body,
      headers: [...headers, FROM_CHRONOS],
      timestampMs: this.#nowMs,
    }
  }
}

function deadHeaders({ pending, topic }: DueRound, { reason, withoutBody }: DeadLetter): readonly Header[] {
  const facts = {
    reason,
    topic,
    due: new Date(pending.dueMs).toISOString(),
    ...(withoutBody && { 'left-out': `a body of ${pending.content.body.length} bytes` }),
  }
  return Object.entries(facts).map(([name, text]) => ({
    name: `ddmq-dead-${name}`,
    value: Buffer.from(text),
  }))
}

function sizeOf({ value, headers }: LogRecord): number {
  let bytes = RECORD_BYTES + (value?.length ?? 0)
  for (const header of headers) bytes += header.name.length + header.value.length
  return bytes
}
