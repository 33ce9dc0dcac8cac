import type { Clock } from '@ddmq/common/clock'
import type { PartitionName } from '../assignment.ts'
import type { JoinOptions } from '../port/membership.ts'
import { beatWhile } from './beat-while.ts'
import { nameOf, planGroup } from './group-plan.ts'
import { GroupProblem, type GroupProblemReason, groupProblem } from './group-problem.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from './group-protocol.ts'
import type { GroupRequests, JoinAnswer, MemberIdentity } from './group-requests.ts'
import type { HeldPartitions } from './held-partitions.ts'
import { SessionClock } from './session-clock.ts'
import type { TopicWatch } from './topic-watch.ts'

export interface SessionTimes {
  /** A member that is silent for so long is dropped from the group. */
  readonly sessionTimeoutMs: number
  /**
   * How long the coordinator waits for the others when a generation is formed. Two sessions keep everything while one
   * member is missing that heard of it last (M11); less than one would break M7.
   */
  readonly rebalanceTimeoutMs: number
  readonly heartbeatMs: number
}

export interface SessionWish {
  readonly topics: readonly string[]
  readonly claims: readonly PartitionName[]
  readonly prefers?: JoinOptions['prefers']
}

export interface SessionDeps {
  readonly clock: Clock
  readonly requests: GroupRequests
  readonly watch: TopicWatch
  readonly times: SessionTimes
  readonly instanceId: string | undefined
  readonly rack: string | undefined
  /** The coordinator may have given up on this member (M7); it is to join again. */
  readonly sessionOver: () => void
}

/** Who a member is in its group, generation after generation: joins, decides as the leader, and says that it is there. */
export class GroupSession {
  readonly #wish: SessionWish
  readonly #deps: SessionDeps
  readonly #held: HeldPartitions
  readonly #clock: SessionClock
  #memberId = ''
  #generation = -1
  #instanceId: string | null
  #change = 0
  #failure: GroupProblem | undefined

  constructor(wish: SessionWish, deps: SessionDeps, held: HeldPartitions) {
    this.#wish = wish
    this.#deps = deps
    this.#held = held
    this.#clock = new SessionClock(deps.clock, deps.times, deps.sessionOver)
    this.#instanceId = deps.instanceId ?? null
  }

  get memberId(): string {
    return this.#memberId || (this.#instanceId ?? '')
  }

  get identity(): MemberIdentity {
    return { memberId: this.#memberId, instanceId: this.#instanceId, generation: this.#generation }
  }

  /** Gets the name by which it joins. A static member has one, and is known when it has joined. */
  async introduce(): Promise<void> {
    if (this.#instanceId !== null || this.#memberId !== '') return
    try {
      const answer = await this.#requestJoin()
      this.#memberId = answer.memberId
    } catch (thrown) {
      const problem = groupProblem(thrown, 'join')
      if (problem.reason !== 'nameGiven' || problem.memberId === undefined) throw problem
      this.#memberId = problem.memberId
    }
  }

  /** Joins the next generation; resolves with what this member is to have in it. */
  async join(): Promise<readonly PartitionName[]> {
    this.#failure = undefined
    await this.introduce()
    const answer = await this.#requestJoin()
    this.#memberId = answer.memberId
    this.#generation = answer.generation
    const plan = await this.#plan(answer)
    const sentMs = this.#clock.now()
    const assignment = await this.#saysThatItIsThere(this.#deps.requests.sync(this.identity, plan))
    this.#clock.begin(sentMs)
    // Others may have by now what the answer gives to this member.
    if (this.#clock.isOver) throw new GroupProblem('silence', 'the sync was answered after the session')
    return decodeAssignment(assignment)
  }

  /** Says that it is there. True when it is time to join again; rejects when it is not in the group any more. */
  async isOver(): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#clock.isOver) return true
    const sentMs = this.#clock.now()
    try {
      await this.#deps.requests.heartbeat(this.identity)
      this.#clock.heard(sentMs)
      if (!(await this.#deps.watch.hasChanged())) return this.#clock.isOver
      this.#change++
      return true
    } catch (thrown) {
      const problem = groupProblem(thrown, 'heartbeat')
      if (problem.reason === 'rebalance') this.#clock.heardForming(sentMs)
      if (problem.reason === 'rebalance' || problem.reason === 'stale') return true
      if (problem.reason !== 'noCoordinator' && problem.reason !== 'silence') throw problem
      return this.#clock.isOver
    }
  }

  /** Found by a commit; told by the next `isOver`. */
  fail(problem: GroupProblem): void {
    this.#failure = problem
  }

  /** It is not in the group any more: begins anew. */
  forget(reason: GroupProblemReason): void {
    // Another process joined under the name of this one: it goes on without.
    if (reason === 'instanceFenced') this.#instanceId = null
    this.#memberId = ''
    this.#generation = -1
    this.#failure = undefined
    this.#clock.stop()
  }

  async leave(): Promise<void> {
    this.#deps.watch.stop()
    this.#clock.close()
    // A static member comes back under its name; its session ends by itself when it does not.
    if (this.#memberId !== '' && this.#instanceId === null) await this.#deps.requests.leave(this.identity)
  }

  async #requestJoin(): Promise<JoinAnswer> {
    const { topics, claims } = this.#wish
    const prefers = this.#wish.prefers?.() ?? []
    // A follower that says what it said last time would be left in its generation.
    if (this.#held.isStale) this.#change++
    const metadata = encodeSubscription(
      {
        topics,
        claims,
        prefers: prefers.map(({ topic, partition }) => nameOf(topic, partition)),
        owned: this.#held.announce(),
        generation: this.#generation,
      },
      { change: this.#change, rack: this.#deps.rack },
    )
    const sentMs = this.#clock.now()
    const joining = this.#deps.requests.join(this.identity, this.#deps.times, metadata)
    const answer = await this.#saysThatItIsThere(joining)
    this.#clock.heard(sentMs)
    return answer
  }

  /** What it waits for comes when the others have come, or are given up: for a session, where one has died (M8, M11). */
  #saysThatItIsThere<Answer>(waited: Promise<Answer>): Promise<Answer> {
    const { clock, times } = this.#deps
    return beatWhile(waited, clock, times.heartbeatMs, () => this.#beat())
  }

  async #beat(): Promise<void> {
    if (this.#clock.isOver) return
    const sentMs = this.#clock.now()
    try {
      await this.#deps.requests.heartbeat(this.identity)
    } catch (thrown) {
      // Anything else is told by the answer that is waited for.
      if (groupProblem(thrown, 'heartbeat').reason !== 'rebalance') return
    }
    this.#clock.heardForming(sentMs)
  }

  async #plan({ isLeader, isDecided, members }: JoinAnswer) {
    if (!isLeader) {
      this.#deps.watch.stop()
      return []
    }
    const subscriptions = members.map(({ memberId, metadata }) => decodeSubscription(memberId, metadata))
    const topics = subscriptions.flatMap(member => [...member.topics, ...claimedTopics(member.claims)])
    const counts = await this.#deps.watch.count(topics)
    if (isDecided) return []
    return [...planGroup(subscriptions, counts)].map(([memberId, names]) => ({
      memberId,
      assignment: encodeAssignment(names),
    }))
  }
}

function claimedTopics(claims: readonly PartitionName[]): readonly string[] {
  return claims.map(name => name.slice(0, name.indexOf('/')))
}
