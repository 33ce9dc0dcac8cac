import type { StoredRecord } from '@ddmq/storage'
import { type MessageName, messageKey, messageName, messageRecord, tombstone } from '@ddmq/storage/delay'
import { onceId } from '../delay/once-id.ts'

/** Due times are spread evenly over an hour that begins here; the adds are a day older. */
export const FIRST_DUE_SECOND = 1_800_000_000
const ADDED_MS = (FIRST_DUE_SECOND - 86_400) * 1000
const SPREAD_SECONDS = 3600
const SHARD = 3
const TOPICS = ['orders-later', 'refunds-later', 'mails-later', 'coupons-later']

/** Adds as they are read from the log. */
export function addRecords(count: number, bodyBytes: number, baseOffset: number): readonly StoredRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const content = { body: Buffer.alloc(bodyBytes, index), headers: [] }
    return { ...messageRecord(randomName(), content, ADDED_MS), offset: baseOffset + index }
  })
}

/** What the log says after messages were fired, long after they were added. */
export function firedRecords(names: readonly MessageName[], baseOffset: number): readonly StoredRecord[] {
  return names.map((name, index) => ({
    ...tombstone(messageKey(name), ADDED_MS),
    offset: baseOffset + index,
  }))
}

function randomName(): MessageName {
  const id = onceId(FIRST_DUE_SECOND + Math.floor(Math.random() * SPREAD_SECONDS), SHARD)
  const topic = TOPICS[Math.floor(Math.random() * TOPICS.length)] ?? ''
  return messageName({ topic, id, milliseconds: 0 })
}
