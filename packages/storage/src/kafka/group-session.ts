import type { Clock } from '@ddmq/common/clock'
import type { PartitionName } from '../assignment.ts'
import type { JoinOptions } from '../port/membership.ts'
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
  /** How long the coordinator waits for the others when a generation is formed. */
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
}

/** Who a member is in its group, generation after generation: joins, decides as the leader, and says that it is there. */
export class GroupSession {
  readonly #wish: SessionWish
  readonly #deps: SessionDeps
  readonly #held: HeldPartitions
  readonly #heard: SessionClock
  #memberId = ''
  #generation = -1
  #instanceId: string | null
  #change = 0
  #failure: GroupProblem | undefined

  constructor(wish: SessionWish, deps: SessionDeps, held: HeldPartitions) {
    this.#wish = wish
    this.#deps = deps
    this.#held = held
    this.#heard = new SessionClock(deps.clock, deps.times.sessionTimeoutMs)
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
    const sentMs = this.#heard.now()
    const assignment = await this.#deps.requests.sync(this.identity, plan)
    this.#heard.heard(sentMs)
    return decodeAssignment(assignment)
  }

  /** Says that it is there. True when the next generation is to be joined; rejects when it is not in the group any more. */
  async isOver(): Promise<boolean> {
    if (this.#failure !== undefined) throw this.#failure
    this.#checkSession()
    try {
      const sentMs = this.#heard.now()
      await this.#deps.requests.heartbeat(this.identity)
      this.#heard.heard(sentMs)
      if (!(await this.#deps.watch.hasChanged())) return false
      this.#change++
      return true
    } catch (thrown) {
      const problem = groupProblem(thrown, 'heartbeat')
      if (problem.reason === 'rebalance' || problem.reason === 'stale') return true
      if (problem.reason === 'noCoordinator') this.#heard.unserved()
      else if (problem.reason !== 'silence') throw problem
      this.#checkSession()
      return false
    }
  }

  /** Found by a commit; told by the next `isOver`. */
  fail(problem: GroupProblem): void {
    this.#failure = problem
  }

  /**
   * Are this member's partitions others' by now? Not after `stale`: who is still in the group was counted on with what it
   * announced.
   */
  mustLose(reason: GroupProblemReason): boolean {
    if (reason === 'unknownMember' || reason === 'instanceFenced') return true
    if (reason === 'noCoordinator') this.#heard.unserved()
    return this.#heard.isExpired
  }

  /** Begins anew in the group. */
  forget(reason: GroupProblemReason): void {
    // Another process joined under the name of this one: it goes on without.
    if (reason === 'instanceFenced') this.#instanceId = null
    this.#memberId = ''
    this.#generation = -1
    this.#failure = undefined
    this.#heard.heard(this.#heard.now())
  }

  async leave(): Promise<void> {
    this.#deps.watch.stop()
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
    const answer = await this.#deps.requests.join(this.identity, this.#deps.times, metadata)
    this.#heard.heard(this.#heard.now())
    return answer
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

  #checkSession(): void {
    if (this.#heard.isExpired) throw new GroupProblem('unknownMember', 'the session is over')
  }
}

function claimedTopics(claims: readonly PartitionName[]): readonly string[] {
  return claims.map(name => name.slice(0, name.indexOf('/')))
}
