/**
 * Structs of the consumer service (consumer-proxy.md §4). Field ids stand in `idl/consumer.thrift`; a test holds both together.
 * Offsets are numbers: the codec refuses what lies outside the safe integer range.
 */
export interface ConsumedMessage {
  readonly key: string | undefined
  readonly value: Uint8Array | undefined
  readonly tag: string | undefined
  readonly offset: number
  readonly properties: ReadonlyMap<string, string> | undefined
}

export interface Context {
  readonly groupId?: string | undefined
  readonly topic?: string | undefined
  readonly qid?: string | undefined
}

export interface ConsumeResult {
  readonly context?: Context | undefined
  readonly successOffsets?: readonly number[] | undefined
  readonly failOffsets?: readonly number[] | undefined
  readonly nextResult?: ConsumeResult | undefined
}

export interface PullRequest {
  readonly groupId: string
  readonly topic?: string | undefined
  readonly maxBatchSize?: number | undefined
  /** Milliseconds. */
  readonly maxLingerTime?: number | undefined
  readonly result?: ConsumeResult | undefined
  readonly version?: string | undefined
}

export interface PullResponse {
  readonly context: Context
  readonly messages: readonly ConsumedMessage[]
}

export interface ConsumeStatsRequest {
  readonly group: string
  readonly topic?: string | undefined
  readonly version?: string | undefined
}

export interface ConsumeStats {
  readonly group: string
  readonly topic: string
  /** qid → committed offset, −1 when there is none. */
  readonly consumeOffsets: ReadonlyMap<string, number>
  /** qid → log-end offset. */
  readonly produceOffsets: ReadonlyMap<string, number>
}

/** topic → qid → offset. */
export type QueueOffsets = ReadonlyMap<string, ReadonlyMap<string, number>>

export interface FetchRequest {
  readonly consumerId: string
  readonly groupId: string
  readonly cluster: string
  readonly fetchOffset?: QueueOffsets | undefined
  readonly maxBatchSize?: number | undefined
  readonly maxLingerTime?: number | undefined
  readonly version?: string | undefined
}

export interface QidResponse {
  readonly topic: string
  readonly qid: string
  readonly nextRequestOffset?: number | undefined
  readonly messages: readonly ConsumedMessage[]
}

export interface FetchResponse {
  readonly code?: number | undefined
  readonly results: readonly QidResponse[]
}

export interface AckResult {
  readonly consumerId: string
  readonly groupId: string
  readonly cluster: string
  readonly offsets: QueueOffsets
}

/** Declared exception of pull, submit and getConsumeStats; no original server ever sends it. */
export interface PullException {
  readonly code: number
  readonly message: string
}
