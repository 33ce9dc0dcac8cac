import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import type { PartitionName } from '../assignment.ts'
import { AssignmentCalls } from '../assignment-calls.ts'
import type { AssignedPartition, AssignmentListener, JoinOptions } from '../port/membership.ts'
import type { TopicPartition } from '../port/record.ts'
import type { PartitionLog } from './partition-log.ts'

export interface MemberWish extends JoinOptions {
  readonly listener: AssignmentListener
}

/** One member of a group in this process. */
export class GroupMember {
  readonly id: string
  readonly topics: ReadonlySet<string>
  readonly prefers: NonNullable<JoinOptions['prefers']>
  /** Partitions it holds now, which it may commit. */
  readonly held = new Map<PartitionName, PartitionLog>()
  readonly #calls: AssignmentCalls
  left = false

  constructor(
    member: { readonly id: string; readonly topics: readonly string[] } & MemberWish,
    deps: { readonly clock: Clock; readonly log: Logger },
  ) {
    this.id = member.id
    this.topics = new Set(member.topics)
    this.prefers = member.prefers ?? (() => [])
    this.#calls = new AssignmentCalls(member.listener, {
      clock: deps.clock,
      log: deps.log.child({ memberId: member.id }),
    })
  }

  assignment(): readonly TopicPartition[] {
    return [...this.held.values()].map(toTopicPartition)
  }

  /** Takes the partitions over and tells the listener with where to start. Does not wait for it. */
  assign(logs: readonly PartitionLog[], starts: readonly AssignedPartition[]): void {
    for (const log of logs) this.held.set(partitionName(log), log)
    this.#calls.assigned(starts)
  }

  /**
   * Asks the listener to finish with the partitions, and takes them away when it has, or at the deadline. They may be
   * committed until then. At the deadline the listener is told that they are lost.
   */
  async revoke(logs: readonly PartitionLog[], drainMs: number, deadline?: AbortSignal): Promise<void> {
    const partitions = logs.map(toTopicPartition)
    const outcome = await this.#calls.revoked(partitions, drainMs, deadline)
    for (const log of logs) this.held.delete(partitionName(log))
    if (outcome === 'expired') this.#calls.lost(partitions)
  }

  /** Takes partitions away without asking. */
  lose(logs: readonly PartitionLog[]): void {
    for (const log of logs) this.held.delete(partitionName(log))
    this.#calls.lost(logs.map(toTopicPartition))
  }
}

export function partitionName(log: PartitionLog): PartitionName {
  return `${log.topicNumber}/${log.partition}`
}

function toTopicPartition(log: PartitionLog): TopicPartition {
  return { topic: log.topic.name, partition: log.id }
}
