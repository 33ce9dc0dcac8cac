import { randomUUID } from 'node:crypto'
import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import { assign, type PartitionName } from '../assignment.ts'
import { StorageError } from '../errors.ts'
import type { GroupMember as MemberDescription } from '../port/admin.ts'
import type { CommittedOffset, Membership } from '../port/membership.ts'
import type { TopicPartition } from '../port/record.ts'
import { GroupMember, type MemberWish, partitionName } from './group-member.ts'
import type { GroupOffsets } from './group-offsets.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Topics } from './topics.ts'

export interface CoordinatorDeps {
  readonly topics: Topics
  readonly offsets: GroupOffsets
  readonly clock: Clock
  readonly log: Logger
  /** How long a member may finish what it has in flight when a partition is taken from it. */
  readonly drainMs: number
  /** Stores offsets of a group; resolves when they are durable. */
  readonly store: (group: string, offsets: readonly CommittedOffset[], check: () => void) => Promise<void>
}

/**
 * The members of one group, all in this process, and which partition is whose.
 *
 * G4 A partition is in at most one member's hands: it is given out only after the one who had it has let go.
 * G5 Changes of the assignment follow each other; changes that come during one are made together by the next.
 */
export class GroupCoordinator {
  readonly #group: string
  readonly #deps: CoordinatorDeps
  readonly #members = new Map<string, GroupMember>()
  /** Rebalances and position changes, one after the other. */
  #work: Promise<void> = Promise.resolve()
  #isDue = false

  constructor(group: string, deps: CoordinatorDeps) {
    this.#group = group
    this.#deps = deps
  }

  get size(): number {
    return this.#members.size
  }

  describe(): readonly MemberDescription[] {
    return [...this.#members.values()].map(member => ({
      memberId: member.id,
      assignment: member.assignment(),
    }))
  }

  /** The assignment follows soon after. */
  join(topics: readonly string[], wish: MemberWish): Membership {
    const id = randomUUID()
    const { clock, log } = this.#deps
    const member = new GroupMember({ id, topics, ...wish }, { clock, log: log.child({ group: this.#group }) })
    this.#members.set(id, member)
    this.rebalance()
    return {
      group: this.#group,
      memberId: id,
      commit: offsets => this.#commit(member, offsets),
      assignment: () => member.assignment(),
      leave: deadline => this.#leave(member, deadline),
    }
  }

  /** Something changed: members, partitions. */
  rebalance(): void {
    if (this.#isDue) return
    this.#isDue = true
    this.#enqueue(() => this.#rebalance()).catch(() => undefined) // logged there
  }

  /** Stores positions from outside; whoever holds one of these partitions lets go first and gets it again after. */
  setCommitted(offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#enqueue(async () => {
      const changed = new Set(offsets.map(offset => partitionName(this.#deps.offsets.resolve(offset).log)))
      const holders = [...this.#members.values()].map(member => ({
        member,
        logs: [...member.held].filter(([name]) => changed.has(name)).map(([, log]) => log),
      }))
      await revokeAll(holders, this.#deps.drainMs)
      try {
        await this.#deps.store(this.#group, offsets, () => undefined)
      } finally {
        for (const { member, logs } of holders) this.#give(member, logs)
        this.rebalance()
      }
    })
  }

  /** The engine stops: nobody holds anything any more. */
  close(): void {
    for (const member of this.#members.values()) {
      member.left = true
      member.lose([...member.held.values()])
    }
    this.#members.clear()
  }

  #commit(member: GroupMember, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#deps.store(this.#group, offsets, () => {
      for (const { topic, partition } of offsets) {
        const log = this.#deps.topics.log(topic, partition)
        if (!member.held.has(partitionName(log))) {
          throw new StorageError('fenced', `topic ${topic} partition ${partition} is not this member's`)
        }
      }
    })
  }

  async #leave(member: GroupMember, deadline: AbortSignal): Promise<void> {
    if (member.left) return
    member.left = true
    await this.#enqueue(async () => {
      await member.revoke([...member.held.values()], this.#deps.drainMs, deadline)
      this.#members.delete(member.id)
    })
    this.rebalance()
  }

  async #rebalance(): Promise<void> {
    this.#isDue = false
    const members = [...this.#members.values()].filter(member => !member.left)
    const partitions = this.#partitionsOf(members)
    for (const member of members) member.lose([...member.held.values()].filter(log => log.topic.deleted))
    const target = assign(
      members.map(member => ({
        memberId: member.id,
        wants: new Set(
          [...partitions].filter(([, log]) => member.topics.has(log.topic.name)).map(([name]) => name),
        ),
        holds: new Set(member.held.keys()),
        prefers: new Set(this.#namesOf(member.prefers())),
      })),
      [...partitions.keys()],
    )
    const revocations = members.map(member => ({
      member,
      logs: [...member.held].filter(([name]) => !target.get(member.id)?.has(name)).map(([, log]) => log),
    }))
    await revokeAll(revocations, this.#deps.drainMs)
    for (const member of members) {
      const names = [...(target.get(member.id) ?? [])].filter(name => !member.held.has(name))
      this.#give(
        member,
        names.map(name => partitions.get(name)).filter(log => log !== undefined),
      )
    }
  }

  #give(member: GroupMember, logs: readonly PartitionLog[]): void {
    const present = logs.filter(log => !log.topic.deleted)
    if (present.length === 0 || member.left) return
    const starts = present.map(log => ({
      topic: log.topic.name,
      partition: log.id,
      committed: this.#deps.offsets.get(this.#group, log),
    }))
    member.assign(present, starts)
  }

  /** What may be given out now: not what a member that is leaving has not let go of yet (G4). */
  #partitionsOf(members: readonly GroupMember[]): ReadonlyMap<string, PartitionLog> {
    const names = new Set(members.flatMap(member => [...member.topics]))
    const logs = [...names].toSorted().flatMap(name => this.#deps.topics.find(name)?.logs ?? [])
    const partitions = new Map(logs.map(log => [partitionName(log), log]))
    for (const { left, held } of this.#members.values()) {
      if (left) for (const name of held.keys()) partitions.delete(name)
    }
    return partitions
  }

  #namesOf(wanted: readonly TopicPartition[]): readonly PartitionName[] {
    return wanted.flatMap(({ topic, partition }) => {
      const log = this.#deps.topics.find(topic)?.logs[Number(partition)]
      return log === undefined ? [] : [partitionName(log)]
    })
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const result = this.#work.then(work)
    this.#work = result.catch((err: unknown) => {
      this.#deps.log.warn({ err, group: this.#group }, 'group change failed')
    })
    return result
  }
}

interface Revocation {
  readonly member: GroupMember
  readonly logs: readonly PartitionLog[]
}

async function revokeAll(revocations: readonly Revocation[], drainMs: number): Promise<void> {
  const due = revocations.filter(({ logs }) => logs.length > 0)
  await Promise.all(due.map(({ member, logs }) => member.revoke(logs, drainMs)))
}
