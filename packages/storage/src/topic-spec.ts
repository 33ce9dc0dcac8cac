import { StorageError } from './errors.ts'
import type { TopicSpec } from './port/admin.ts'
import { checkTopicName } from './port/names.ts'

const MAX_PARTITIONS = 10_000

/** What every engine refuses as `invalid`, whatever it could do with it. */
export function checkTopicSpec(spec: TopicSpec): void {
  const { topic, partitions, compacted = false, tombstoneRetentionMs, retentionMs, retentionBytes } = spec
  checkTopicName(topic)
  checkPartitionCount(topic, partitions)
  for (const [name, value] of Object.entries({ tombstoneRetentionMs, retentionMs, retentionBytes })) {
    if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) {
      throw new StorageError('invalid', `topic ${topic}: ${name} ${value} is not a whole number from 1 on`)
    }
  }
  if (tombstoneRetentionMs !== undefined && !compacted) {
    throw new StorageError('invalid', `topic ${topic}: tombstoneRetentionMs is for compacted topics only`)
  }
}

export function checkPartitionCount(topic: string, partitions: number): void {
  if (Number.isSafeInteger(partitions) && partitions >= 1 && partitions <= MAX_PARTITIONS) return
  throw new StorageError(
    'invalid',
    `topic ${topic}: ${partitions} partitions; there can be 1 to ${MAX_PARTITIONS}`,
  )
}
