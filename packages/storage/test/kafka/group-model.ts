import { type GroupPlan, planGroup, type Subscription } from '../../src/kafka/group-plan.ts'
import { HeldPartitions } from '../../src/kafka/held-partitions.ts'

/** One member as the coordinator and the test see it. */
export class ModelMember {
  readonly id: string
  readonly held = new HeldPartitions()
  readonly topics: readonly string[]
  claims: readonly string[]
  generation = -1
  /** What it said when it joined the generation that is being formed. */
  joined: Subscription | undefined
  pending: readonly string[] | undefined
  starting: string[] = []
  draining: string[] = []

  constructor(id: string, topics: readonly string[], claims: readonly string[] = []) {
    this.id = id
    this.topics = topics
    this.claims = claims
  }

  get hands(): readonly string[] {
    return [...new Set([...this.held.committable, ...this.starting])]
  }

  /** The leader's decision arrives; several may come before a listener has answered. */
  sync(): void {
    const { start, drain } = this.held.assign(this.pending ?? [])
    this.pending = undefined
    this.starting.push(...start)
    this.draining.push(...drain)
  }

  finishStart(): void {
    this.held.started(this.starting)
    this.starting = []
  }

  finishDrain(): void {
    this.starting.push(...this.held.released(this.draining))
    this.draining = []
  }

  lose(): void {
    this.held.loseAll()
    Object.assign(this, { generation: -1, joined: undefined, pending: undefined, starting: [], draining: [] })
  }
}

/** The classic group protocol, without time: a generation is formed when every member of the group has joined it. */
export class ModelGroup {
  readonly counts = new Map([
    ['a', 4],
    ['b', 3],
  ])
  readonly members: ModelMember[] = []
  generation = 0
  isForming = false

  join(member: ModelMember): void {
    member.joined = {
      memberId: member.id,
      topics: member.topics,
      claims: member.claims,
      owned: member.held.announce(),
      generation: member.generation,
    }
    // What it was given and did not hear of is void.
    member.pending = undefined
    this.isForming = true
    this.tryForm()
  }

  remove(member: ModelMember): void {
    this.members.splice(this.members.indexOf(member), 1)
    member.lose()
    this.isForming = true
    this.tryForm()
  }

  tryForm(): void {
    const joined = this.members.flatMap(member => member.joined ?? [])
    if (!this.isForming || joined.length < this.members.length) return
    this.generation++
    this.isForming = false
    const plan: GroupPlan = planGroup(joined, this.counts)
    for (const member of this.members) {
      member.joined = undefined
      member.generation = this.generation
      member.pending = plan.get(member.id) ?? []
    }
  }

  /** What may happen next, without anything new. */
  actions(): readonly (() => void)[] {
    return this.members.flatMap(member => {
      const possible: (() => void)[] = []
      const mustJoin = this.isForming || (member.pending === undefined && member.held.isStale)
      if (member.joined === undefined && mustJoin) possible.push(() => this.join(member))
      if (member.pending !== undefined && !this.isForming) possible.push(() => member.sync())
      if (member.starting.length > 0) possible.push(() => member.finishStart())
      if (member.draining.length > 0) possible.push(() => member.finishDrain())
      return possible
    })
  }
}
