import type { TopicDescription } from '../port/admin.ts'
import type { PartitionId } from '../port/record.ts'
import { PartitionLog } from './partition-log.ts'

/** A topic as stored in the catalogue. */
export interface TopicEntry {
  readonly topic: string
  readonly topicId: string
  readonly partitions: number
  readonly compacted: boolean
  /** Records get the time of their append. */
  readonly appendTime: boolean
  /** Of a compacted topic; null: what the engine is told. */
  readonly tombstoneRetentionMs: number | null
  readonly retentionMs: number | null
  readonly retentionBytes: number | null
}

/** A topic being served. */
export class Topic {
  /** Part of every key; never used again after the topic was deleted. */
  readonly number: number
  entry: TopicEntry
  logs: readonly PartitionLog[] = []
  partitionIds: readonly PartitionId[] = []
  /** Set with the batch that deletes it, so that nothing is appended behind it. */
  deleted = false

  constructor(number: number, entry: TopicEntry) {
    this.number = number
    this.entry = entry
    this.grow(entry)
  }

  get name(): string {
    return this.entry.topic
  }

  get compacted(): boolean {
    return this.entry.compacted
  }

  grow(entry: TopicEntry): void {
    this.entry = entry
    const added = Array.from(
      { length: entry.partitions - this.logs.length },
      (_, index) => new PartitionLog(this, this.logs.length + index),
    )
    this.logs = [...this.logs, ...added]
    this.partitionIds = Object.freeze(this.logs.map(log => log.id))
  }

  /** How long a tombstone is kept, where the topic does not say so itself. */
  tombstoneRetentionMs(defaultMs: number): number {
    return this.entry.tombstoneRetentionMs ?? defaultMs
  }

  describe(defaultTombstoneRetentionMs: number): TopicDescription {
    const { topic, topicId, partitions, compacted, appendTime, retentionMs, retentionBytes } = this.entry
    const tombstoneRetentionMs = this.tombstoneRetentionMs(defaultTombstoneRetentionMs)
    return {
      topic,
      topicId,
      partitions,
      compacted,
      appendTime,
      deletes: !compacted,
      ...(compacted ? { tombstoneRetentionMs } : {}),
      ...(retentionMs === null ? {} : { retentionMs }),
      ...(retentionBytes === null ? {} : { retentionBytes }),
      partitionIds: this.partitionIds,
    }
  }
}
