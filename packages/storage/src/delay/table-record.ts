/** Hot path: once per delayed message. What the records of the table of pending messages hold beside their keys. */
import type { Header, LogRecord } from '../port/record.ts'
import { BARRIER_KEY, cancelKey, type MessageName, messageKey, progressKey } from './table-key.ts'

const ROUND = 'ddmq-round'
const ADDED = 'ddmq-added'
const FIRED = 'ddmq-fired'
const EMPTY = Buffer.alloc(0)
const NO_HEADERS: readonly Header[] = []
const IS_FIRED: Progress = { kind: 'fired' }
const FIRED_HEADERS: readonly Header[] = [{ name: FIRED, value: EMPTY }]

/** What is delivered: body, and the headers of the delivered record (see `encodeMessageHeaders`). */
export interface DelayedContent {
  readonly body: Uint8Array
  readonly headers: readonly Header[]
}

/** The next round of a loop, with all that is needed to deliver it. */
export interface NextRound {
  readonly round: number
  /** Log time of the add. */
  readonly addedMs: number
  readonly content: DelayedContent
}

/** Fired: all rounds are over, and a retry of the add must not begin them again. */
export type Progress = ({ readonly kind: 'next' } & NextRound) | { readonly kind: 'fired' }

export interface Cancel {
  /** The first round that is not delivered. */
  readonly round: number
  /** Until when it has to be remembered. */
  readonly untilMs: number
}

/** A message as it is added; the log's own time says when it was. */
export function messageRecord(name: MessageName, content: DelayedContent, timestampMs: number): LogRecord {
  return { key: messageKey(name), value: content.body, headers: content.headers, timestampMs }
}

export function nextRoundRecord(name: MessageName, next: NextRound, timestampMs: number): LogRecord {
  const { round, addedMs, content } = next
  const headers = [...content.headers, numberHeader(ROUND, round), numberHeader(ADDED, addedMs)]
  return { key: progressKey(name), value: content.body, headers, timestampMs }
}

export function firedRecord(name: MessageName, timestampMs: number): LogRecord {
  return { key: progressKey(name), value: EMPTY, headers: FIRED_HEADERS, timestampMs }
}

/** Undefined when this is not a progress record. */
export function progressOf(value: Uint8Array, headers: readonly Header[]): Progress | undefined {
  if (headers.some(({ name }) => name === FIRED)) return IS_FIRED
  const round = numberOf(headers, ROUND)
  const addedMs = numberOf(headers, ADDED)
  if (round === undefined || addedMs === undefined) return undefined
  const own = headers.filter(({ name }) => name !== ROUND && name !== ADDED)
  return { kind: 'next', round, addedMs, content: { body: value, headers: own } }
}

/** `name` has no milliseconds. */
export function cancelRecord(name: MessageName, { round, untilMs }: Cancel, timestampMs: number): LogRecord {
  return { key: cancelKey(name, round), value: Buffer.from(`${untilMs}`), headers: [], timestampMs }
}

/** Undefined when the value is not that of a cancel. */
export function cancelledUntilMs(value: Uint8Array): number | undefined {
  return safeNumber(value)
}

/** Written by who takes a partition over; the nonce tells it from others. */
export function barrierRecord(nonce: string, timestampMs: number): LogRecord {
  return { key: BARRIER_KEY, value: Buffer.from(nonce), headers: [], timestampMs }
}

/** Takes a key out of the table. */
export function tombstone(key: Uint8Array, timestampMs: number): LogRecord {
  return { key, value: null, headers: NO_HEADERS, timestampMs }
}

function numberHeader(name: string, value: number): Header {
  return { name, value: Buffer.from(`${value}`) }
}

function numberOf(headers: readonly Header[], name: string): number | undefined {
  const header = headers.find(candidate => candidate.name === name)
  return header === undefined ? undefined : safeNumber(header.value)
}

function safeNumber(bytes: Uint8Array): number | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
