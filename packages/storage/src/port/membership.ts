import type { TopicPartition } from './record.ts'

/** Position of a group in one partition: the next offset to consume. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  /** Free text of the committer; empty when none was given. */
  readonly metadata: string
}

/**
 * Told of every change of the assignment, one call at a time.
 * A partition is given to another member only after `revoked` resolved (or its deadline passed, or the member was lost).
 */
export interface AssignmentListener {
  /** With where to start: the committed offset, or undefined where the group never committed. */
  assigned(partitions: readonly AssignedPartition[]): Promise<void>
  /** Stop, finish what is in flight, commit, before the signal aborts. */
  revoked(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void>
  /** Taken away without asking: what is in flight belongs to another member already; commits would be refused. */
  lost(partitions: readonly TopicPartition[]): void
}

export interface AssignedPartition extends TopicPartition {
  readonly committed: CommittedOffset | undefined
}

export interface JoinOptions {
  /**
   * Partitions that this member would serve at once, asked for whenever the assignment is made anew: one that its owner lost
   * goes to such a member, as far as that leaves the assignment even.
   */
  readonly prefers?: () => readonly TopicPartition[]
}

export interface Membership {
  readonly group: string
  readonly memberId: string
  /**
   * Stores positions of assigned partitions, all or none. Rejects with `fenced` when one of them is not this
   * member's any more.
   */
  commit(offsets: readonly CommittedOffset[]): Promise<void>
  /** Partitions held now. */
  assignment(): readonly TopicPartition[]
  /** Revokes everything (the listener is told), then leaves, so that others take over at once. */
  leave(deadline: AbortSignal): Promise<void>
}
