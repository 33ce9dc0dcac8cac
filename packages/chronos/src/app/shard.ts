/**
 * One shard in this process: follows the table, and fires what is due while it is the owner's.
 *
 * O1 One loop does everything in turn: reading, taking over, firing. So nothing of it overlaps but the cautious lane, which
 *    holds the gate while a transaction of its own may be open in the table.
 * O2 A time is a horizon (I4) only when a read that began then saw the end of the log, while the gate was held, and
 *    everything before that end is in the index.
 * O3 An error costs the tenure, never the loop: it goes on with a takeover, after a pause that grows.
 */
import { settledBefore } from '@ddmq/common/async'
import { describeError } from '@ddmq/common/errors'
import { type Append, type PartitionId, StorageError } from '@ddmq/storage'
import { summaryOf } from '../core/batch-summary.ts'
import type { ClockGuard } from '../core/clock-guard.ts'
import type { Destinations } from '../core/destinations.ts'
import type { FireBatch } from '../core/fire-batch.ts'
import type { ChronosMetrics } from '../metrics.ts'
import type { ShardIndex } from '../store/shard-index.ts'
import { Barriers, type Ownership, READ_BACK_MS } from './barriers.ts'
import { CautiousLane } from './cautious-lane.ts'
import { CommitOutcomes } from './commit-outcomes.ts'
import type { DeadLetters } from './dead-letters.ts'
import { Gate } from './gate.ts'
import { Planner, type PlannerDeps } from './planner.ts'
import { ShardTail, type ShardTailDeps } from './shard-tail.ts'
import { Tenure } from './tenure.ts'
import type { TopicPartitions } from './topic-partitions.ts'

const FOLLOW_WAIT_MS = 1000
const FIRST_PAUSE_MS = 50
const MAX_PAUSE_MS = 5000
/** Another owner, or a transaction that timed out: the group is given time to say which. */
const FENCED_PAUSE_MS = 1000
const WARM_MS = 10_000
const LOOK_AGAIN_MS = 20
const GATHER_MS = 5
const SMALL_COUNT = 250

export interface ShardDeps extends Omit<ShardTailDeps, 'shard' | 'index'>, Omit<PlannerDeps, 'index'> {
  readonly id: PartitionId
  readonly openIndex: () => Promise<ShardIndex>
  readonly guard: ClockGuard
  readonly partitions: TopicPartitions
  readonly deadLetters: DeadLetters
  readonly metrics: ChronosMetrics
}

/** What works on the index, as long as that is open. */
interface Parts {
  readonly index: ShardIndex
  readonly tail: ShardTail
  readonly planner: Planner
  readonly lane: CautiousLane
}

export type ShardRole = 'owner' | 'standby'

export class Shard {
  readonly id: PartitionId
  readonly destinations: Destinations
  readonly #deps: ShardDeps
  readonly #outcomes: CommitOutcomes
  readonly #barriers: Barriers
  readonly #gate = new Gate()
  readonly #stopping = new AbortController()
  /** Ends the wait of the loop: its role changed. */
  #wake = new AbortController()
  /** Resolves when nothing of it works on the index any more. */
  ended: Promise<void> = Promise.resolve()
  #isOwner = false
  #wasSmall = false
  /** The next takeover is from this process itself. */
  #isRecovering = false
  #parts: Parts | undefined
  #tenure: Tenure | undefined
  #mark: { readonly startMs: number; readonly endOffset: number } | undefined
  #pauseMs = FIRST_PAUSE_MS
  #problem: string | undefined
  #released: PromiseWithResolvers<void> = Promise.withResolvers()
  readonly #ownership = (): Ownership => ({ isOwner: this.#isOwner, signal: this.#wake.signal })

  constructor(deps: ShardDeps) {
    this.id = deps.id
    this.destinations = deps.destinations
    this.#deps = deps
    this.#outcomes = new CommitOutcomes(deps)
    this.#barriers = new Barriers(deps)
    this.#released.resolve()
  }

  /** Undefined while it is being opened. */
  get index(): ShardIndex | undefined {
    return this.#parts?.index
  }

  /** Topic that it is a partition of. */
  get table(): string {
    return this.#deps.topic
  }

  get role(): ShardRole {
    return this.#isOwner ? 'owner' : 'standby'
  }

  /** Records that are known to be in the log and not in the index yet; undefined before the first read. */
  get lag(): number | undefined {
    return this.#parts?.tail.lag
  }

  /** Wall clock when the end of its log was seen last; 0 before. */
  get endSeenMs(): number {
    return this.#parts?.tail.endSeenMs ?? 0
  }

  /** What its last try failed of; undefined when it went well. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** It could be taken over at once. */
  get isWarm(): boolean {
    return this.lag === 0 && this.#deps.clock.nowMs() - this.endSeenMs < WARM_MS
  }

  start(): void {
    this.ended = this.#run()
  }

  own(): void {
    if (this.#isOwner) return
    this.#isOwner = true
    this.#released.resolve()
    this.#released = Promise.withResolvers()
    this.#interrupt()
  }

  /** Resolves when nothing of it is under way any more, at the deadline at the latest. */
  async release(deadline: AbortSignal): Promise<void> {
    this.lose()
    await settledBefore(deadline, this.#released.promise).catch(() => undefined)
  }

  /** It is somebody else's already: the log refuses what is under way or, without transactions, it is delivered twice (I9). */
  lose(): void {
    this.#isOwner = false
    this.#interrupt()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping.abort()
    await this.release(deadline)
    await settledBefore(deadline, this.ended).catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      try {
        await this.#step()
        this.#pauseMs = FIRST_PAUSE_MS
        this.#problem = undefined
      } catch (thrown) {
        if (!signal.aborted) await this.#failed(thrown)
      }
      if (!this.#isOwner) await this.#endTenure()
    }
    await this.#endTenure()
  }

  async #step(): Promise<void> {
    const { signal } = this.#wake
    this.#parts ??= await this.#openParts()
    const { tail, lane, index } = this.#parts
    if (!this.#isOwner) {
      await tail.read(FOLLOW_WAIT_MS, signal)
      return
    }
    this.#tenure ??= await this.#takeOver(tail)
    const tenure = this.#tenure
    const parts = this.#parts
    const isBusy = await this.#gate.run(() => {
      lane.check()
      return this.#fire(tenure, parts)
    })
    if (!isBusy) await tail.read(await this.#idleMs(index), signal)
    else if (this.#wasSmall) await this.#gather()
  }

  /** A transaction costs about as much as a hundred messages: where not many are due at a time, they are gathered for a moment. */
  async #gather(): Promise<void> {
    this.#wasSmall = false
    await this.#deps.clock.sleep(GATHER_MS, this.#wake.signal).catch(() => undefined) // Ends early when the role changes.
  }

  async #openParts(): Promise<Parts> {
    const index = await this.#deps.openIndex()
    const shared = { ...this.#deps, index, shard: this.id }
    const tail = await ShardTail.open(shared)
    const planner = new Planner(shared)
    return { index, tail, planner, lane: new CautiousLane({ ...shared, planner, gate: this.#gate }) }
  }

  /** I5. */
  async #takeOver(tail: ShardTail): Promise<Tenure> {
    const { guard, log, metrics, cluster } = this.#deps
    this.#mark = undefined
    const tenure = await Tenure.begin({ ...this.#deps, shard: this.id })
    try {
      await this.#barriers.pass(tenure, tail, this.#ownership)
    } catch (thrown) {
      await tenure.close()
      throw thrown
    }
    metrics.takeovers.inc({
      cluster: cluster.clusterName,
      shard: this.id,
      cause: this.#isRecovering ? 'recovery' : 'assigned',
    })
    this.#isRecovering = false
    log.info({ shard: this.id, doubt: guard.doubt }, `owner of shard ${this.id}`)
    return tenure
  }

  /** Answers whether there is more to do at once. */
  async #fire(tenure: Tenure, { tail, planner, lane }: Parts): Promise<boolean> {
    const { guard } = this.#deps
    if (this.#barriers.isDue) await this.#barriers.pass(tenure, tail, this.#ownership)
    const isBehind = tail.offset < tenure.mustReadTo
    const startMs = guard.nowMs()
    if (!(await tail.read(isBehind ? READ_BACK_MS : 0, this.#stopping.signal))) return true
    const hasRead = await tenure.hasRead(tail)
    // The end lies where a transaction of ours begins, as long as that is not over: it says nothing of what is behind it.
    if (tail.endOffset < tenure.mustReadTo) return true
    this.#mark ??= { startMs, endOffset: tail.endOffset }
    if (tail.offset < this.#mark.endOffset || !hasRead) return true
    const horizonMs = this.#mark.startMs
    this.#mark = undefined
    // At every horizon, not only when the loop has nothing to do.
    lane.tick(tenure, horizonMs)
    const batch = await planner.next(horizonMs)
    if (batch.isEmpty) return false
    await this.#commit(tenure, batch)
    return true
  }

  async #commit(tenure: Tenure, batch: FireBatch): Promise<void> {
    const summary = summaryOf(batch.taken)
    const isSmall = !batch.isFull && batch.delivered < SMALL_COUNT
    const deliveries = await this.#destined(batch)
    // Topics that are not known are set aside by the next plan, and the others go on.
    if (deliveries.length < batch.deliveries.size) return
    await this.#deps.turn(batch.delivered)
    try {
      await this.#send(tenure, batch, deliveries.splice(0))
    } catch (thrown) {
      this.#isRecovering = true
      this.#outcomes.failed(thrown, summary)
      throw thrown
    }
    this.#wasSmall = isSmall
    this.#outcomes.committed(summary)
  }

  /** Nothing here holds the records while they are stored. */
  #send(tenure: Tenure, batch: FireBatch, deliveries: readonly (readonly Append[])[]): Promise<void> {
    const { table } = batch
    batch.release()
    return tenure.commit(deliveries.flat(), table, this.#outcomes.deadlineMs)
  }

  /** Of each topic that is known. */
  async #destined(batch: FireBatch): Promise<(readonly Append[])[]> {
    const { partitions, destinations } = this.#deps
    const found = await Promise.all(
      Array.from(batch.deliveries, async ([topic, records]) => {
        const appends = await partitions.spread(topic, records)
        if (!(appends instanceof StorageError)) return [appends]
        destinations.failed(topic, appends)
        return []
      }),
    )
    return found.flat()
  }

  async #failed(thrown: unknown): Promise<void> {
    const { log, clock } = this.#deps
    const kind = thrown instanceof StorageError ? thrown.kind : undefined
    const hadRole = this.role
    await this.#endTenure()
    this.#problem = `shard ${this.id}: ${describeError(thrown)}`
    log.warn({ err: thrown, shard: this.id, role: hadRole }, this.#problem)
    if (this.#outcomes.blamed(thrown).length > 0) return
    // What failed may be the index, which then has to be opened again.
    this.#parts = undefined
    const pauseMs = kind === 'fenced' ? Math.max(FENCED_PAUSE_MS, this.#pauseMs) : this.#pauseMs
    this.#pauseMs = Math.min(this.#pauseMs * 2, MAX_PAUSE_MS)
    await clock.sleep(pauseMs, this.#wake.signal).catch(() => undefined) // Ends early when the role changes.
  }

  async #endTenure(): Promise<void> {
    const tenure = this.#tenure
    this.#tenure = undefined
    await this.#parts?.lane.end()
    await tenure?.close()
    if (!this.#isOwner) this.#released.resolve()
  }

  async #idleMs(index: ShardIndex): Promise<number> {
    const { guard, destinations } = this.#deps
    const nowMs = guard.nowMs()
    // Nothing of them could go now, so that one that might is not asked again at once.
    const waits = [...index.asideTopics()].map(topic =>
      Math.max(LOOK_AGAIN_MS, destinations.nextTryMs(topic)),
    )
    const dueMs = (await index.nextDueMs()) ?? Infinity
    return Math.max(0, Math.ceil(Math.min(FOLLOW_WAIT_MS, dueMs - nowMs, ...waits)))
  }

  #interrupt(): void {
    this.#wake.abort()
    this.#wake = new AbortController()
  }
}
