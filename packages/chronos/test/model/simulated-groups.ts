import {
  type AssignmentListener,
  type CommittedOffset,
  type JoinOptions,
  StorageError,
  type TopicPartition,
} from '@ddmq/storage'
import type { SimulatedBrokers } from './simulated-brokers.ts'
import { SimulatedMember } from './simulated-member.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { nameOf, spread } from './spread-partitions.ts'

interface Group {
  readonly name: string
  readonly members: Set<SimulatedMember>
  readonly offsets: Map<string, CommittedOffset>
  work: Promise<void>
  isDue: boolean
}

/**
 * The coordinator of all groups. A member is in as long as its process is heard of; one that was silent for the session
 * timeout is out, and learns of it when it can: until then it goes on as if nothing had happened.
 */
export class SimulatedGroups {
  readonly #brokers: SimulatedBrokers
  readonly #groups = new Map<string, Group>()
  #joined = 0

  constructor(brokers: SimulatedBrokers) {
    this.#brokers = brokers
  }

  join(
    group: string,
    topics: readonly string[],
    listener: AssignmentListener,
    where: { readonly process: SimulatedProcess; readonly options: JoinOptions },
  ): SimulatedMember {
    const { process, options } = where
    const id = `${process.name}-${++this.#joined}`
    const member = new SimulatedMember({
      id,
      group,
      topics,
      listener,
      options,
      process,
      brokers: this.#brokers,
    })
    this.#group(group).members.add(member)
    const { clock, sessionTimeoutMs } = this.#brokers.options
    const watch = (): void => void clock.schedule(sessionTimeoutMs, () => this.#expireSessions())
    process.onSilent(watch)
    if (!process.running) watch()
    this.rebalance(group)
    return member
  }

  async leave(member: SimulatedMember, deadline: AbortSignal): Promise<void> {
    if (member.left) return
    member.left = true
    const group = this.#group(member.group)
    await this.#enqueue(group, async () => {
      if (group.members.has(member))
        await member.revoke([...member.held.values()], this.#brokers.options.drainMs, deadline)
      group.members.delete(member)
    })
    this.rebalance(group.name)
  }

  /** The coordinator does not hear the members of a process any more; they learn of it so much later, and come back. */
  loseSession(process: SimulatedProcess, toldAfterMs: number): void {
    for (const group of this.#groups.values()) {
      const members = [...group.members].filter(member => member.process === process)
      for (const member of members) this.#expel(group, member, toldAfterMs)
    }
  }

  /** Something changed: members, partitions. Of all groups, or one. */
  rebalance(name?: string): void {
    for (const group of this.#groups.values()) {
      if (group.isDue || (name !== undefined && group.name !== name)) continue
      group.isDue = true
      void this.#enqueue(group, () => this.#rebalance(group))
    }
  }

  commit(member: SimulatedMember, offsets: readonly CommittedOffset[]): void {
    for (const at of offsets) {
      if (!member.held.has(nameOf(at)) || !this.#group(member.group).members.has(member)) {
        throw new StorageError('fenced', `${nameOf(at)} is not this member's`)
      }
    }
    this.storeOffsets(member.group, offsets)
  }

  storeOffsets(group: string, offsets: readonly CommittedOffset[]): void {
    for (const at of offsets) this.#group(group).offsets.set(nameOf(at), at)
  }

  async setCommitted(name: string, offsets: readonly CommittedOffset[]): Promise<void> {
    const group = this.#group(name)
    const changed = new Set(offsets.map(nameOf))
    await this.#enqueue(group, async () => {
      const holders = [...group.members].map(member => ({
        member,
        held: [...member.held.values()].filter(at => changed.has(nameOf(at))),
      }))
      await revokeAll(holders, this.#brokers.options.drainMs)
      this.storeOffsets(name, offsets)
      for (const { member, held } of holders) this.#give(group, member, held)
    })
    this.rebalance(name)
  }

  committed(name: string, topic?: string): readonly CommittedOffset[] {
    const offsets = [...(this.#groups.get(name)?.offsets.values() ?? [])]
    return offsets.filter(at => topic === undefined || at.topic === topic)
  }

  names(): readonly string[] {
    return [...this.#groups.values()]
      .filter(({ members, offsets }) => members.size + offsets.size > 0)
      .map(({ name }) => name)
  }

  members(name: string): readonly SimulatedMember[] {
    return [...(this.#groups.get(name)?.members ?? [])]
  }

  delete(name: string): void {
    if (this.members(name).length > 0) throw new StorageError('invalid', `group ${name} has members`)
    this.#groups.delete(name)
  }

  #group(name: string): Group {
    const found = this.#groups.get(name)
    if (found !== undefined) return found
    const made: Group = {
      name,
      members: new Set(),
      offsets: new Map(),
      work: Promise.resolve(),
      isDue: false,
    }
    this.#groups.set(name, made)
    return made
  }

  #expireSessions(): void {
    const nowMs = this.#brokers.options.clock.monotonicMs()
    for (const group of this.#groups.values()) {
      const silent = [...group.members].filter(({ process: { silentSinceMs = nowMs } }) => {
        return nowMs - silentSinceMs >= this.#brokers.options.sessionTimeoutMs
      })
      for (const member of silent) this.#expel(group, member, 0)
    }
  }

  #expel(group: Group, member: SimulatedMember, toldAfterMs: number): void {
    group.members.delete(member)
    const lost = [...member.held.values()]
    member.held.clear()
    member.stopDraining()
    this.rebalance(group.name)
    const tell = (): void => {
      member.lose(lost)
      if (member.left) return
      group.members.add(member)
      this.rebalance(group.name)
    }
    const { clock } = this.#brokers.options
    if (toldAfterMs > 0) clock.schedule(toldAfterMs, () => member.process.run(tell))
    else member.process.run(tell)
  }

  async #rebalance(group: Group): Promise<void> {
    group.isDue = false
    const members = [...group.members].filter(member => !member.left)
    const leaving = new Set(
      [...group.members].filter(({ left }) => left).flatMap(({ held }) => [...held.keys()]),
    )
    const existing = new Map(this.#partitionsOf(members).map(at => [nameOf(at), at]))
    for (const member of members)
      member.lose([...member.held.values()].filter(at => !existing.has(nameOf(at))))
    const target = spread(
      members,
      [...existing.values()].filter(at => !leaving.has(nameOf(at))),
    )
    await revokeAll(
      members.map(member => ({
        member,
        held: [...member.held].filter(([name]) => !target.get(member)?.has(name)).map(([, at]) => at),
      })),
      this.#brokers.options.drainMs,
    )
    for (const member of members) {
      const names = [...(target.get(member) ?? [])].filter(name => !member.held.has(name))
      this.#give(
        group,
        member,
        names.map(name => existing.get(name)).filter(at => at !== undefined),
      )
    }
  }

  #give(group: Group, member: SimulatedMember, partitions: readonly TopicPartition[]): void {
    if (partitions.length === 0 || member.left || !group.members.has(member)) return
    member.assign(partitions.map(at => ({ ...at, committed: group.offsets.get(nameOf(at)) })))
  }

  #partitionsOf(members: readonly SimulatedMember[]): readonly TopicPartition[] {
    const wanted = new Set(members.flatMap(({ topics }) => [...topics]))
    return this.#brokers
      .topicNames()
      .filter(topic => wanted.has(topic))
      .flatMap(topic => this.#brokers.topic(topic).map(({ id }) => ({ topic, partition: id })))
  }

  #enqueue(group: Group, work: () => Promise<void>): Promise<void> {
    group.work = group.work.then(work)
    return group.work
  }
}

interface Revocation {
  readonly member: SimulatedMember
  readonly held: readonly TopicPartition[]
}

async function revokeAll(revocations: readonly Revocation[], drainMs: number): Promise<void> {
  const due = revocations.filter(({ held }) => held.length > 0)
  await Promise.all(due.map(({ member, held }) => member.revoke(held, drainMs)))
}
