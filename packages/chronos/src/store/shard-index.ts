import type { StoredRecord } from '@ddmq/storage'
import type { DelayedContent, MessageName } from '@ddmq/storage/delay'

/** How far an index has followed which log. */
export interface ShardPosition {
  readonly topicId: string
  /** Epoch of the log when it was read (see `LogIdentity`). */
  readonly epoch: number
  /** Next offset to apply. */
  readonly offset: number
  /** Log time when it last was at the end of the log; 0 before it was there for the first time. */
  readonly caughtUpMs: number
}

/** A round that waits for its time. */
export interface PendingRound {
  readonly name: MessageName
  readonly round: number
  readonly dueMs: number
  /** Log time of the add. */
  readonly addedMs: number
  readonly content: DelayedContent
}

/** How much one read may bring; at least one where there is one. */
export interface RoundLimits {
  readonly count: number
  readonly bytes: number
}

/**
 * Pending rounds of one topic, those that are set aside included. A repeated add is counted again; an hour's rounds are counted
 * aright again once none that is due in it is pending.
 */
export interface TopicBacklog {
  readonly count: number
  /** Bodies and headers. */
  readonly bytes: number
}

/** So many steps of that length, from a time on. */
export interface HistogramSpan {
  readonly fromMs: number
  readonly stepMs: number
  readonly steps: number
}

export interface ShardStatistics {
  readonly topics: ReadonlyMap<string, TopicBacklog>
  readonly cancels: number
  /** Messages whose retry would not be delivered. */
  readonly fired: number
}

/**
 * The index of one shard: which rounds are pending, by their time, as the records of the table say (SPEC.md I1). It is a
 * cache of the log: `reset` and `apply` from the start rebuild it.
 *
 * The order of time is that of `dueMs`, then of the name. Calls are done one after another, in the order in which they were made.
 * Errors are `StorageError`s: `invalid` before the first `reset`; and after a change that failed, whatever it was, nobody knows what
 * is stored: everything but `reset` is refused as `unavailable` until the index is opened again.
 */
export interface ShardIndex {
  /** Undefined when it was never filled. */
  readonly position: ShardPosition | undefined
  /** Forgets everything and starts there. */
  reset(position: ShardPosition): Promise<void>
  /**
   * Takes in the records that lie before the position. They may be several writes: in each is the position behind what it holds. A record
   * that cannot be read is reported and counts as a tombstone of its key; other keys than those of the table are reported and ignored.
   * The records' bytes are copied.
   */
  apply(records: readonly StoredRecord[], position: ShardPosition): Promise<void>

  /** Due at or before that time and not set aside, the earliest first. */
  due(untilMs: number, limits: RoundLimits): Promise<readonly PendingRound[]>
  /** When the earliest that is not set aside is due. */
  nextDueMs(): Promise<number | undefined>

  /**
   * Sets rounds aside by their topic: `due` passes over them until they are gone from the table or `putBack`. A round that is not
   * pending any more stays gone; a repeated add takes the place of its round, and the next round of a loop is not set aside.
   */
  setAside(rounds: readonly PendingRound[]): Promise<void>
  /** Of one topic, due at or before that time, the earliest first. */
  asideOf(topic: string, untilMs: number, limits: RoundLimits): Promise<readonly PendingRound[]>
  putBack(rounds: readonly PendingRound[]): Promise<void>
  /** Topics of which rounds are set aside, as of now. */
  asideTopics(): ReadonlySet<string>

  /** The lowest cancelled round of each of these messages that has one. */
  cancelled(names: readonly MessageName[]): Promise<ReadonlyMap<MessageName, number>>
  /** The pending round of a message, if it has one; set aside or not, cancelled or not. */
  find(name: MessageName): Promise<PendingRound | undefined>

  /**
   * Keys of the table that say nothing any more, at most so many: adds beside a progress record, "fired" records that are older than
   * the retry window and have no such add, cancels that ended before `nowMs` and before every pending round. `nowMs` is log time.
   */
  litter(nowMs: number, limit: number): Promise<readonly Buffer[]>

  statistics(): ShardStatistics
  /** How many rounds that are not set aside are due in each step from a time on, counting the `limit` earliest of them. */
  histogram(span: HistogramSpan, limit: number): Promise<readonly number[]>
}
