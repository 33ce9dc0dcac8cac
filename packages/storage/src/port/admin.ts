import type { CommittedOffset } from './membership.ts'
import type { PartitionId, TopicPartition } from './record.ts'

export interface TopicSpec {
  readonly topic: string
  readonly partitions: number
  /** Keeps the latest record of each key; tombstones for at least `tombstoneRetentionMs`. */
  readonly compacted?: boolean
  /** Of compacted topics; absent: the engine's default. */
  readonly tombstoneRetentionMs?: number
  /** Records have the time of their append, by the log's clock, whatever they came with. */
  readonly appendTime?: boolean
  /** Records older than this may be deleted; absent: the engine's default. */
  readonly retentionMs?: number
  /** Per partition; absent: no limit by size. */
  readonly retentionBytes?: number
}

export interface TopicDescription extends TopicSpec {
  readonly topicId: string
  readonly partitionIds: readonly PartitionId[]
  /** Records are deleted by age or size: of a compacted topic also the latest one of a key. */
  readonly deletes: boolean
  /** Of compacted topics: for so long a record stays beside the newer one of its key; absent where an engine has no such time. */
  readonly compactionLagMs?: number
  /** How safe acknowledged records are; absent where the engine has one copy, or it may not be seen. */
  readonly replication?: TopicReplication
}

export interface TopicReplication {
  /** Copies of the partition that has fewest. */
  readonly factor: number
  /** Copies that must have a record before it is acknowledged. */
  readonly minInsync: number
  /** A copy that lacks acknowledged records may become the leader. */
  readonly uncleanElection: boolean
}

/** What the transactions of an engine stand on, where that is not the log itself. */
export interface TransactionSupport {
  /** Topic in which is stored how they ended. */
  readonly topic: string
  /** Of that topic; as it will be made where it does not exist yet; absent where it may not be seen. */
  readonly replication?: TopicReplication
  /** Rights of which this user lacks one, where `replication` is absent. */
  readonly unseenWithout?: string
  /** Why a transaction may stay open for ever, so that readers behind it wait for ever. */
  readonly mayHang?: string
  /** Servers of which it is not known whether they leave transactions open for ever, and why it is not. */
  readonly unchecked?: readonly string[]
}

export interface PartitionOffset extends TopicPartition {
  readonly offset: number
}

/** `earliest` = first offset held, `latest` = next offset to be written, a number = first record at or after that time. */
export type TimePoint = 'earliest' | 'latest' | { readonly timeMs: number }

export interface GroupLag extends TopicPartition {
  /** −1 when the group never committed in this partition. */
  readonly committedOffset: number
  readonly endOffset: number
  /** Records not yet consumed; counted from the start of the log when nothing was committed. */
  readonly lag: number
}

export interface LogAdmin {
  /** Rejects `topicExists` when there is one of that name. Names: 1–249 of `[a-zA-Z0-9._-]`, not `.` or `..`. */
  createTopic(spec: TopicSpec): Promise<TopicDescription>
  /** Grows only. */
  setPartitionCount(topic: string, partitions: number): Promise<void>
  deleteTopic(topic: string): Promise<void>
  listTopics(): Promise<readonly string[]>
  describeTopic(topic: string): Promise<TopicDescription | undefined>
  /** Undefined where they are as safe as the log itself, or there are none. */
  describeTransactions(): Promise<TransactionSupport | undefined>
  /** Of every partition of the topic. `{ timeMs }` beyond the last record answers the end offset. */
  offsets(topic: string, at: TimePoint): Promise<readonly PartitionOffset[]>

  listGroups(): Promise<readonly string[]>
  /** Committed offsets of a group, all topics or one. Empty for an unknown group. */
  committed(group: string, topic?: string): Promise<readonly CommittedOffset[]>
  /**
   * Sets positions from outside. A live member is told: its partitions are revoked and assigned again, so that it
   * starts from there.
   */
  setCommitted(group: string, offsets: readonly CommittedOffset[]): Promise<void>
  /** Lag of the group on every partition of the topic. */
  lag(group: string, topic: string): Promise<readonly GroupLag[]>
  /** Forgets the group's offsets; rejects while it has members. */
  deleteGroup(group: string): Promise<void>
  /** Members now in the group. */
  members(group: string): Promise<readonly GroupMember[]>
}

export interface GroupMember {
  readonly memberId: string
  readonly assignment: readonly TopicPartition[]
}
