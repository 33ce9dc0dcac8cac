import { type GroupPlan, planGroup, type Subscription } from '../../src/kafka/group-plan.ts'
import { HeldPartitions, type Start } from '../../src/kafka/held-partitions.ts'

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
  /** Positions that are being read; the answers come in any order. */
  starting: { readonly starts: readonly Start[]; readonly turns: ReadonlyMap<string, number> }[] = []
  draining: (readonly string[])[] = []
  readonly #group: ModelGroup

  constructor(group: ModelGroup, id: string, topics: readonly string[], claims: readonly string[] = []) {
    this.#group = group
    this.id = id
    this.topics = topics
    this.claims = claims
  }

  /** The leader's decision arrives; several may come before a listener has answered. */
  sync(): void {
    const { start, drain } = this.held.assign(this.pending ?? [])
    this.pending = undefined
    this.#begin(start)
    if (drain.length > 0) this.draining.push(drain)
  }

  /** Positions were read. Answers partitions that somebody else was given since they were asked for. */
  finishStart(index: number): readonly string[] {
    const [read] = this.starting.splice(index, 1)
    const started = this.held.started(read?.starts ?? [])
    return started.filter(name => read?.turns.get(name) !== this.#group.turns.get(name))
  }

  finishDrain(): void {
    this.#begin(this.held.released(this.draining.shift() ?? []))
  }

  lose(): void {
    this.held.loseAll()
    Object.assign(this, { generation: -1, joined: undefined, pending: undefined, starting: [], draining: [] })
  }

  #begin(starts: readonly Start[]): void {
    if (starts.length === 0) return
    const turns = new Map(starts.map(({ name }) => [name, this.#group.nextTurn(name)]))
    this.starting.push({ starts, turns })
  }
}

/** The classic group protocol, without time: a generation is formed when every member of the group has joined it. */
export class ModelGroup {
  readonly counts = new Map([
    ['a', 4],
    ['b', 3],
  ])
  readonly members: ModelMember[] = []
  /** How often each partition was given to somebody. */
  readonly turns = new Map<string, number>()
  /** Positions that were read before somebody else had the partition, and used after. */
  readonly outdated: string[] = []
  generation = 0
  isForming = false
  /** What members prefer changes from one generation to the next. */
  #fancies = 0

  fancy(): number {
    this.#fancies = (this.#fancies * 1_103_515_245 + 12_345) % 2 ** 31
    return this.#fancies >> 8
  }

  nextTurn(name: string): number {
    const turn = (this.turns.get(name) ?? 0) + 1
    this.turns.set(name, turn)
    return turn
  }

  join(member: ModelMember): void {
    member.joined = {
      memberId: member.id,
      topics: member.topics,
      claims: member.claims,
      prefers: [...this.counts].flatMap(([topic, count]) =>
        Array.from({ length: count }, (_, index) => `${topic}/${index}`).filter(() => this.fancy() % 3 === 0),
      ),
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

  /** What may happen next, without anything new; answers with positions may be held up. */
  actions(areReadsSlow = false): readonly (() => void)[] {
    return this.members.flatMap(member => {
      const possible: (() => void)[] = []
      const mustJoin = this.isForming || (member.pending === undefined && member.held.isStale)
      if (member.joined === undefined && mustJoin) possible.push(() => this.join(member))
      if (member.pending !== undefined && !this.isForming) possible.push(() => member.sync())
      for (const index of areReadsSlow ? [] : member.starting.keys()) {
        possible.push(() => this.outdated.push(...member.finishStart(index)))
      }
      if (member.draining.length > 0) possible.push(() => member.finishDrain())
      return possible
    })
  }
}
