/**
 * The partitions of one member of a Kafka group.
 *
 * M4 What a member announces when it joins is everything it has in its hands: also what is about to start, and what it
 *    drains. A partition leaves this set only when its listener has let go of it, or it is lost.
 * M5 A partition is committed only while it is held or draining.
 * M6 A partition that was let go of after it was announced makes the member join again, so that others can have it.
 */
import type { PartitionName } from '../assignment.ts'

/**
 * A partition that was given to us and that the listener is not told of yet. Another one each time: what was learnt for
 * one that was taken away meanwhile says nothing about the next.
 */
export interface Start {
  readonly name: PartitionName
}

/** draining: the listener was asked to let go. */
type State = Start | 'held' | 'draining'

export class HeldPartitions {
  readonly #states = new Map<PartitionName, State>()
  /** As the leader decided last. */
  #target: ReadonlySet<PartitionName> = new Set()
  #isStale = false

  /** For the next join (M4). */
  announce(): readonly PartitionName[] {
    this.#isStale = false
    return this.names
  }

  get names(): readonly PartitionName[] {
    return [...this.#states.keys()]
  }

  /** What was announced is not true any more (M6). */
  get isStale(): boolean {
    return this.#isStale
  }

  /** May be committed (M5). */
  get committable(): readonly PartitionName[] {
    return [...this.#states.keys()].filter(name => this.isCommittable(name))
  }

  isCommittable(name: PartitionName): boolean {
    const state = this.#states.get(name)
    return state === 'held' || state === 'draining'
  }

  /** The leader's decision: what is to be started, and what the listener is to let go of. */
  assign(target: readonly PartitionName[]): {
    readonly start: readonly Start[]
    readonly drain: readonly PartitionName[]
  } {
    this.#target = new Set(target)
    const start = this.#start(target.filter(name => !this.#states.has(name)))
    return { start, drain: this.#giveUp(name => !this.#target.has(name)) }
  }

  /** Everything: the member leaves. */
  drainAll(): readonly PartitionName[] {
    this.#target = new Set()
    return this.#giveUp(() => true)
  }

  /** Of these, the ones that are still to be started; they are held from now on. */
  started(starts: readonly Start[]): readonly PartitionName[] {
    const names = starts.filter(start => this.#states.get(start.name) === start).map(({ name }) => name)
    for (const name of names) this.#states.set(name, 'held')
    return names
  }

  /** The listener let go of these. Answers what the leader has given to us anew meanwhile, to be started again. */
  released(names: readonly PartitionName[]): readonly Start[] {
    const draining = names.filter(name => this.#states.get(name) === 'draining')
    const again = draining.filter(name => this.#target.has(name))
    for (const name of draining) this.#states.delete(name)
    this.#isStale = draining.length > again.length || this.#isStale
    return this.#start(again)
  }

  /** Answers what the listener has to be told of. */
  loseAll(): readonly PartitionName[] {
    const told = this.committable
    this.#states.clear()
    this.#target = new Set()
    this.#isStale = false
    return told
  }

  #start(names: readonly PartitionName[]): readonly Start[] {
    const starts = names.map(name => ({ name }))
    for (const start of starts) this.#states.set(start.name, start)
    return starts
  }

  #giveUp(isDue: (name: PartitionName) => boolean): readonly PartitionName[] {
    const drain: PartitionName[] = []
    for (const [name, state] of this.#states) {
      if (state === 'draining' || !isDue(name)) continue
      if (state === 'held') {
        this.#states.set(name, 'draining')
        drain.push(name)
      } else {
        this.#states.delete(name)
        this.#isStale = true
      }
    }
    return drain
  }
}
