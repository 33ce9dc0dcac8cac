import { formatDelayId, lastRound, parseDelayId, roundOf } from '@ddmq/common/delay'
import type { StoredRecord } from '@ddmq/storage'
import {
  cancelName,
  type DelayedContent,
  type MessageName,
  parseMessageName,
  parseTableKey,
  progressOf,
} from '@ddmq/storage/delay'

export interface NaiveRound {
  readonly name: MessageName
  readonly topic: string
  /** Key of the delivered record. */
  readonly id: string
  readonly round: number
  readonly dueMs: number
  readonly addedMs: number
  readonly isLast: boolean
  readonly isCancelled: boolean
  readonly content: DelayedContent
}

/** What an instance keeps of one shard: the latest record of each key, and how far it has read. */
export interface NaiveTable {
  latest: Map<string, StoredRecord>
  topicId: string
  /** Undefined before the first read. */
  epoch: number | undefined
  offset: number
  /** log time when it was at the end, or began. */
  caughtUpMs: number
}

export function emptyTable(topicId: string, caughtUpMs: number): NaiveTable {
  return { latest: new Map(), topicId, epoch: undefined, offset: 0, caughtUpMs }
}

export function apply(table: NaiveTable, records: readonly StoredRecord[]): void {
  for (const record of records) {
    const key = Buffer.from(record.key ?? []).toString('latin1')
    if (record.value === null) table.latest.delete(key)
    else table.latest.set(key, record)
  }
}

/** I1, by brute force. */
export function pendingRounds(table: NaiveTable, ignoresProgress: boolean): readonly NaiveRound[] {
  const rounds: NaiveRound[] = []
  const cancels = cancelsOf(table)
  for (const [key, record] of table.latest) {
    const parsed = parseTableKey(record.key)
    if (parsed?.kind === 'message') {
      const hasProgress = table.latest.has(`s/${parsed.name}`) && !ignoresProgress
      const content = { body: record.value ?? Buffer.alloc(0), headers: record.headers }
      if (!hasProgress)
        rounds.push(...roundAt(parsed.name, { round: 0, addedMs: record.timestampMs, content }, cancels))
    }
    if (parsed?.kind === 'progress') {
      const progress = progressOf(record.value ?? Buffer.alloc(0), record.headers)
      if (progress === undefined) throw new Error(`what is at ${key} is no progress`)
      if (progress.kind === 'next') rounds.push(...roundAt(parsed.name, progress, cancels))
    }
  }
  return rounds.toSorted((a, b) => a.dueMs - b.dueMs)
}

/** The lowest cancelled round of each message. */
function cancelsOf(table: NaiveTable): ReadonlyMap<MessageName, number> {
  const lowest = new Map<MessageName, number>()
  for (const { key } of table.latest.values()) {
    const parsed = parseTableKey(key)
    if (parsed?.kind !== 'cancel') continue
    lowest.set(parsed.name, Math.min(parsed.round, lowest.get(parsed.name) ?? parsed.round))
  }
  return lowest
}

function roundAt(
  name: MessageName,
  {
    round,
    addedMs,
    content,
  }: { readonly round: number; readonly addedMs: number; readonly content: DelayedContent },
  cancels: ReadonlyMap<MessageName, number>,
): readonly NaiveRound[] {
  const { topic, id, milliseconds } = parseMessageName(name)
  const first = parseDelayId(id)
  if (typeof first === 'string') throw new Error(`${id} is no id`)
  const at = roundOf(first, round)
  const last = lastRound(first)
  const cancelledFrom = cancels.get(cancelName(name)) ?? Number.POSITIVE_INFINITY
  const dueMs = at.timestamp * 1000 + milliseconds
  const isCancelled = cancelledFrom <= round || round > last
  return [
    {
      name,
      topic,
      id: formatDelayId(at),
      round,
      dueMs,
      addedMs,
      isLast: round >= last,
      isCancelled,
      content,
    },
  ]
}
