import { RETRY_WINDOW_MS } from '@ddmq/storage/delay'
import type { Message } from './messages.ts'
import type { ReadableRecord } from './simulated-brokers.ts'

/** A write without an answer was stored within so long of being sent, or never. */
const UNANSWERED_MS = 10_000

/** A write of a client. Times are true ones. */
interface Written {
  readonly message: number
  readonly sentMs: number
  /** When the client had the answer that it is stored. */
  ackedMs?: number
  /** Where it is then. */
  offset?: number
  /** Power loss took it although it was acknowledged: from then on it may count or not. */
  isCut?: boolean
}

export type Add = Written

export interface Cancel extends Written {
  readonly round: number
  /** Until when the service remembers it. */
  readonly untilMs: number
}

export interface History {
  readonly messages: readonly Message[]
  readonly adds: Add[]
  readonly cancels: Cancel[]
  /** How often a delivery may have to be repeated: after each disturbance, where the log has no transactions. */
  repeats: number
  /** Keys of what was delivered and acknowledged, and then lost by a log without transactions. */
  readonly lost: Set<string>
}

interface Expected {
  readonly min: number
  readonly max: number
}

/**
 * The reference: how often a round is to be delivered. Once if its message was added and not cancelled; never if it was not
 * added, or cancelled before it was due or before it was added; where the answer to a client is missing or a cancel came
 * late, either. A retry of the add after its window is a new message. Where the log has no transactions, a disturbance may
 * repeat it.
 */
export function expectedOf(
  { messages, adds, cancels, repeats, lost }: History,
  message: number,
  round: number,
  earlyMs = 0,
): Expected {
  const added = adds.filter(add => add.message === message)
  const cancelled = cancels.filter(cancel => cancel.message === message && cancel.round <= round)
  const firstMs = Math.min(...added.map(({ sentMs }) => sentMs))
  const latestMs = Math.max(...added.map(({ sentMs, ackedMs = sentMs + UNANSWERED_MS }) => ackedMs))
  const { id = '', dueMs = 0 } = messages[message]?.rounds[round] ?? {}
  const effectiveMs = Math.max(dueMs - earlyMs, firstMs)
  const isOut = ({ ackedMs = effectiveMs, isCut = false, untilMs }: Cancel): boolean =>
    !isCut && ackedMs < effectiveMs && latestMs < untilMs
  if (added.length === 0 || cancelled.some(isOut)) return { min: 0, max: 0 }
  const isLate = ({ sentMs, ackedMs = sentMs + UNANSWERED_MS }: Add): boolean =>
    ackedMs - firstMs >= RETRY_WINDOW_MS
  const isSure = added.some(({ ackedMs, isCut = false }) => ackedMs !== undefined && !isCut)
  return {
    min: isSure && !lost.has(id) && cancelled.length === 0 ? 1 : 0,
    max: 1 + added.filter(isLate).length + repeats,
  }
}

/** What is missing so far. */
export function missing(history: History, delivered: readonly ReadableRecord[]): readonly string[] {
  return compare(history, delivered, ({ min }, count) => count < min, 0)
}

/** Everything that is wrong with what was delivered, a line each. */
export function problems(
  history: History,
  delivered: readonly ReadableRecord[],
  earlyMs: number,
): readonly string[] {
  return [
    ...compare(history, delivered, ({ min, max }, count) => count < min || count > max, earlyMs),
    ...delivered.flatMap(record => problemOf(history, record, earlyMs)),
  ]
}

function compare(
  history: History,
  delivered: readonly ReadableRecord[],
  isWrong: (expected: Expected, count: number) => boolean,
  earlyMs: number,
): readonly string[] {
  return history.messages.flatMap(({ topic, rounds }, message) =>
    rounds.flatMap(({ id, dueMs }, round) => {
      const expected = expectedOf(history, message, round, earlyMs)
      const found = delivered.filter(record => record.topic === topic && record.key === id)
      if (!isWrong(expected, found.length)) return []
      const times = found.map(({ readableMs, offset }) => `at ${readableMs} (offset ${offset})`).join(', ')
      const wanted = expected.min === expected.max ? `${expected.min}` : `${expected.min} to ${expected.max}`
      return [
        `message ${message} round ${round}, due ${dueMs}: delivered ${found.length} times ${times}; expected ${wanted}`,
      ]
    }),
  )
}

function problemOf({ messages }: History, record: ReadableRecord, earlyMs: number): readonly string[] {
  const message = messages.find(
    ({ topic, rounds }) => topic === record.topic && rounds.some(({ id }) => id === record.key),
  )
  const round = message?.rounds.find(({ id }) => id === record.key)
  if (message === undefined || round === undefined)
    return [`${record.topic} got ${record.key}, which nobody added`]
  const found: string[] = []
  if (record.readableMs < round.dueMs - earlyMs) {
    found.push(`${record.key} came ${round.dueMs - record.readableMs} ms early`)
  }
  if (record.value === null || Buffer.from(record.value).toString() !== message.body) {
    found.push(`${record.key} has another body`)
  }
  const names = record.headers.map(({ name }) => name)
  if (!names.includes('colour') || !names.includes('from_chronos'))
    found.push(`${record.key} has headers ${names.join(', ')}`)
  return found
}
