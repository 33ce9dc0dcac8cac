/**
 * A member of a Kafka group, by the classic group protocol with rebalances of our own (ADR 0008).
 *
 * M1–M6 in `group-plan.ts` and `held-partitions.ts`, M7 and M11 in `session-clock.ts`.
 * M8 Heartbeats go on while partitions are drained and while others are waited for: only a member that does not answer
 *    loses its partitions.
 * M9 A commit carries the generation of a moment at which all its partitions were held. So one that arrives late, after
 *    a partition went to another member, is refused by the coordinator: that member got it in a later generation.
 * M10 The listener hears of a partition with the position committed last: it is read in the generation that gave it, when
 *    whoever had it before can commit no more.
 */
import { settledBefore } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import type { PartitionName } from '../assignment.ts'
import { AssignmentCalls } from '../assignment-calls.ts'
import { StorageError } from '../errors.ts'
import type { AssignmentListener, CommittedOffset, JoinOptions, Membership } from '../port/membership.ts'
import type { TopicPartition } from '../port/record.ts'
import { commitAs } from './commit-positions.ts'
import { nameOf, parseName } from './group-plan.ts'
import { type GroupProblem, groupProblem, isFencing, toStorageError } from './group-problem.ts'
import type { GroupRequests } from './group-requests.ts'
import { GroupSession, type SessionTimes } from './group-session.ts'
import { HeldPartitions, type Start } from './held-partitions.ts'
import type { TopicWatch } from './topic-watch.ts'
import { WakeUp } from './wake-up.ts'

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000
/** How long it is tried to tell the group; without it, others wait for the end of the session. */
const LEAVE_MS = 3_000

export interface MemberTimes extends SessionTimes {
  /** How long a listener may take to let go of partitions. */
  readonly drainMs: number
  /** How long a commit is tried while the group has no coordinator or changes. */
  readonly commitMs: number
  /** How long the first answer of a coordinator is waited for. */
  readonly joinMs: number
}

export interface MemberWish {
  readonly group: string
  readonly topics: readonly string[]
  readonly claims?: readonly PartitionName[]
  readonly prefers?: JoinOptions['prefers']
  readonly listener: AssignmentListener
}

export interface MemberDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly requests: GroupRequests
  readonly watch: TopicWatch
  readonly times: MemberTimes
  readonly instanceId: string | undefined
  readonly rack: string | undefined
}

export class KafkaMember implements Membership {
  readonly group: string
  readonly #deps: MemberDeps
  readonly #log: Logger
  readonly #held = new HeldPartitions()
  readonly #calls: AssignmentCalls
  readonly #session: GroupSession
  readonly #wakeUp = new WakeUp()
  readonly #draining = new Set<Promise<void>>()
  #running: Promise<void> = Promise.resolve()
  /** Raised when everything is lost: what was begun before has nothing to say any more. */
  #incarnation = 0
  /** Aborts at the deadline of leaving. */
  readonly #hurry = new AbortController()
  #leaving: Promise<void> | undefined
  #isOver = false

  constructor(wish: MemberWish, deps: MemberDeps) {
    this.group = wish.group
    this.#deps = deps
    this.#log = deps.log.child({ group: wish.group })
    this.#calls = new AssignmentCalls(wish.listener, { clock: deps.clock, log: this.#log })
    this.#session = new GroupSession(
      { ...wish, claims: wish.claims ?? [] },
      { ...deps, sessionOver: () => this.#sessionOver() },
      this.#held,
    )
  }

  get memberId(): string {
    return this.#session.memberId
  }

  assignment(): readonly TopicPartition[] {
    return this.#held.committable.map(parseName)
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get #isLeaving(): boolean {
    return this.#leaving !== undefined || this.#isOver
  }

  /** Resolves when the group knows this member; assignments follow. */
  async start(): Promise<void> {
    const { clock, times } = this.#deps
    const dueMs = clock.monotonicMs() + times.joinMs
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        await this.#session.introduce()
        break
      } catch (thrown) {
        const problem = groupProblem(thrown, `group ${this.group}: join`)
        const isLate = this.#isOver || clock.monotonicMs() + pauseMs > dueMs
        if (problem.reason === 'refused' || isLate) throw toStorageError(problem)
        await clock.sleep(pauseMs)
      }
    }
    if (this.#isOver) throw new StorageError('unavailable', `group ${this.group}: this process stops`)
    this.#running = this.#run()
  }

  async commit(offsets: readonly CommittedOffset[]): Promise<void> {
    const { clock, requests, times } = this.#deps
    await commitAs(offsets, {
      clock,
      requests,
      withinMs: times.commitMs,
      identity: () => {
        const foreign = offsets.find(
          ({ topic, partition }) => !this.#held.isCommittable(nameOf(topic, partition)),
        )
        if (foreign === undefined) return this.#session.identity
        const { topic, partition } = foreign
        throw new StorageError('fenced', `topic ${topic} partition ${partition} is not this member's`)
      },
      refused: problem => {
        this.#session.fail(problem)
        this.#wakeUp.now()
      },
    })
  }

  leave(deadline: AbortSignal): Promise<void> {
    this.#leaving ??= this.#leaveNow(deadline)
    return this.#leaving
  }

  /** Goes without asking the listener: everything is lost to it. */
  async close(): Promise<void> {
    await this.#end()
  }

  async #leaveNow(deadline: AbortSignal): Promise<void> {
    const hurry = (): void => this.#hurry.abort(deadline.reason)
    if (deadline.aborted) hurry()
    deadline.addEventListener('abort', hurry, { once: true })
    await Promise.all([...this.#draining, this.#drain(this.#held.drainAll())])
    deadline.removeEventListener('abort', hurry)
    await this.#end()
  }

  async #end(): Promise<void> {
    if (this.#isOver) return this.#running
    const { memberId } = this
    this.#isOver = true
    this.#loseAll()
    this.#wakeUp.now()
    await settledBefore(AbortSignal.timeout(LEAVE_MS), this.#session.leave()).catch((err: unknown) => {
      // It is dropped from the group when its session is over.
      this.#log.info({ err, memberId }, 'a member could not say that it leaves')
    })
    this.#deps.requests.close()
    await this.#running
  }

  async #run(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS
    while (!this.#isOver) {
      try {
        const names = await this.#session.join()
        if (!this.#isOver) this.#take(names)
        pauseMs = FIRST_PAUSE_MS
        await this.#stay()
      } catch (thrown) {
        this.#recover(groupProblem(thrown, `group ${this.group}`))
        if (this.#isOver) return
        await this.#wakeUp.sleep(this.#deps.clock, pauseMs)
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  /** Returns when it is time to join again, or when the member has left. */
  async #stay(): Promise<void> {
    for (;;) {
      await this.#wakeUp.sleep(this.#deps.clock, this.#deps.times.heartbeatMs)
      if (this.#isOver || (this.#held.isStale && !this.#isLeaving)) return
      if (await this.#session.isOver()) return
    }
  }

  #sessionOver(): void {
    this.#log.warn(
      { memberId: this.memberId },
      'the coordinator is silent for a session: partitions are lost',
    )
    this.#loseAll()
    this.#wakeUp.now()
  }

  #recover(problem: GroupProblem): void {
    const { reason, message, cause } = problem
    if (this.#isOver) return
    // Not after `stale`: who is still in the group was counted on with what it announced.
    if (isFencing(problem)) {
      this.#log.warn({ reason, err: cause, memberId: this.memberId }, `${message}: its partitions are lost`)
      this.#session.forget(reason)
      this.#loseAll()
    } else if (reason === 'refused') this.#log.warn({ err: cause }, message)
    else this.#log.debug({ reason, err: cause }, message)
  }

  #loseAll(): void {
    this.#incarnation++
    this.#calls.lost(this.#held.loseAll().map(parseName))
  }

  #take(names: readonly PartitionName[]): void {
    if (this.#isLeaving) return
    const { start, drain } = this.#held.assign(names)
    void this.#start(start)
    void this.#drain(drain)
  }

  async #start(starts: readonly Start[]): Promise<void> {
    const incarnation = this.#incarnation
    const { clock, requests } = this.#deps
    let pauseMs = FIRST_PAUSE_MS
    while (starts.length > 0 && incarnation === this.#incarnation && !this.#isLeaving) {
      try {
        const committed = await requests.committed(starts.map(({ name }) => parseName(name)))
        if (incarnation !== this.#incarnation || this.#isLeaving) return
        const started = this.#held.started(starts)
        if (started.length === 0) return
        this.#calls.assigned(started.map(name => ({ ...parseName(name), committed: committed.get(name) })))
        return
      } catch (err) {
        this.#log.debug({ err }, 'positions could not be read yet')
        await clock.sleep(pauseMs)
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
      }
    }
  }

  #drain(names: readonly PartitionName[]): Promise<void> {
    if (names.length === 0) return Promise.resolve()
    const drain = this.#drainNow(names).finally(() => this.#draining.delete(drain))
    this.#draining.add(drain)
    return drain
  }

  async #drainNow(names: readonly PartitionName[]): Promise<void> {
    const incarnation = this.#incarnation
    const partitions = names.map(parseName)
    const outcome = await this.#calls.revoked(partitions, this.#deps.times.drainMs, this.#hurry.signal)
    if (incarnation !== this.#incarnation) return
    const again = this.#held.released(names)
    if (outcome === 'expired') this.#calls.lost(partitions)
    void this.#start(again)
    this.#wakeUp.now()
  }
}
