import type { Component } from '@ddmq/common/lifecycle'
import type { StorageError } from '../errors.ts'
import type { LogAdmin } from './admin.ts'
import type { AssignmentListener, JoinOptions, Membership } from './membership.ts'
import type { LogRecord, PartitionId, StoredRecord, TopicPartition } from './record.ts'
import type { Transactor } from './transactor.ts'

/** What an engine can do; the conformance suite runs the tests of a feature exactly where it is claimed. */
export interface Capabilities {
  readonly transactions: boolean
  readonly compaction: boolean
  readonly commitMetadata: boolean
  readonly offsetByTime: boolean
  readonly addPartitions: boolean
}

/** Every call that waits has a deadline, counted from the call. */
export interface CallOptions {
  readonly deadlineMs: number
  readonly signal?: AbortSignal
}

export interface Append extends TopicPartition {
  /** Never empty. Stored in this order at consecutive offsets. */
  readonly records: readonly LogRecord[]
}

export type AppendOutcome = { readonly baseOffset: number } | { readonly error: StorageError }

export interface Position extends TopicPartition {
  /** First offset wanted. */
  readonly offset: number
}

export interface ReadLimits {
  /** Soft: at least one record is returned where there is one, whatever its size. Over all positions together. */
  readonly maxBytes: number
  /** 0 answers at once; otherwise waits up to this long until any position has a record. */
  readonly maxWaitMs: number
  /**
   * Asks the leader of each position, never a replica nearby, so that the end it answers is beyond every append that was
   * acknowledged before the call.
   */
  readonly fromLeader?: boolean
}

/** One result per position, in the order of the positions. */
export interface ReadResult extends TopicPartition {
  readonly records: readonly StoredRecord[]
  /** Where to read on; beyond the last record, also when trailing offsets hold no record (compaction, aborted). */
  readonly nextOffset: number
  /** First offset not yet written (for transactional engines: the last stable offset). */
  readonly endOffset: number
  /**
   * Epoch of the log that answered (see `LogIdentity`). Absent where none did: there is an error, or others had news first;
   * `endOffset` says nothing then.
   */
  readonly epoch?: number
  /** `offsetOutOfRange`, `unknownTopic`…; records are then empty and the other positions unaffected. */
  readonly error?: StorageError
}

/**
 * Which log is this? A position is only meaningful in the log it was taken from: a different `topicId` is another
 * topic of the same name, a different `epoch` may have lost its tail.
 */
export interface LogIdentity {
  readonly topicId: string
  readonly epoch: number
  readonly startOffset: number
  readonly endOffset: number
}

/**
 * One broker cluster of the config tree: a partitioned log (architecture §3). Stateless towards callers except for
 * memberships and transactors. All errors are `StorageError`s.
 */
export interface LogCluster extends Component {
  /** Name of the broker cluster, as in the config tree; prefix of its qids. */
  readonly clusterName: string
  readonly capabilities: Capabilities

  /**
   * Stores records durably as configured; one outcome per append, in order. Appends to several partitions succeed and
   * fail each on their own. Never rejects for a reason that concerns one append only.
   */
  append(appends: readonly Append[], options: CallOptions): Promise<readonly AppendOutcome[]>

  /** Appends of the same lane share one batch in flight (see `AppendBatcher`). */
  appendLane(topic: string, partition: PartitionId): string

  /** An append to that topic is `tooLarge` from about so many bytes on, where that is less than what a record may have. */
  maxAppendBytes?(topic: string): number

  /** Stable ids of the topic's partitions, in their order; throws `unknownTopic`. Cheap: may be called per message. */
  partitions(topic: string): readonly PartitionId[] | Promise<readonly PartitionId[]>

  /** Reads without a group. Never delivers a record of an aborted or open transaction. */
  read(
    positions: readonly Position[],
    limits: ReadLimits,
    options: CallOptions,
  ): Promise<readonly ReadResult[]>

  /** Becomes a member of the group; partitions of `topics` are spread over its members, each to exactly one. */
  join(
    group: string,
    topics: readonly string[],
    listener: AssignmentListener,
    options?: JoinOptions,
  ): Promise<Membership>

  /** Opens the transactor of that id: fences older holders and aborts what they left open. */
  transactor(id: string): Promise<Transactor>

  identity(topic: string, partition: PartitionId): Promise<LogIdentity>

  /**
   * The first offset at which the log may differ from what was read of it under that epoch; its end where it cannot. Who holds a
   * position beyond it has read records that were lost and must forget them. It may be too low (a very old epoch), never too
   * high for a log that lost its end once since.
   */
  endOfEpoch(topic: string, partition: PartitionId, epoch: number): Promise<number>

  readonly admin: LogAdmin
}

/** The clusters a process is connected to, by name. */
export interface LogClusters {
  get(clusterName: string): LogCluster | undefined
  readonly names: readonly string[]
}
