/** Stable name of one partition of a topic: Kafka's number in decimal, RocketMQ's `<broker>_<queue>`. `<cluster>_<id>` is its qid. */
export type PartitionId = string

export interface TopicPartition {
  readonly topic: string
  readonly partition: PartitionId
}

export interface Header {
  readonly name: string
  readonly value: Uint8Array
}

/**
 * A record to store. Bytes may be views; an engine copies or writes them before `append` resolves and never after.
 * `value` null is a tombstone where the topic is compacted.
 */
export interface LogRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly Header[]
  /** Milliseconds since the epoch; topics with log-append time overwrite it. */
  readonly timestampMs: number
}

/** A record as read. Bytes are views into the fetched block: copy what is held long and is small against it. */
export interface StoredRecord extends LogRecord {
  readonly offset: number
}
