import { BudgetShare, type ByteBudget, settledBefore, TokenBucket } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import {
  type AssignedPartition,
  type AssignmentListener,
  type LogCluster,
  type Membership,
  StorageError,
  type TopicPartition,
} from '@ddmq/storage'
import type { ActionChain } from '../core/actions/action-chain.ts'
import type { PullBuffer } from '../core/pull-buffer.ts'
import { qidOf } from '../core/qid.ts'
import type { Subscription } from '../core/subscription.ts'
import type { ConsumerProxyMetrics } from '../metrics.ts'
import { DeadLetters } from './dead-letters.ts'
import { drainLanes } from './drain-lanes.ts'
import { type FetchLimits, FetchLoop } from './fetch-loop.ts'
import { keepMembership } from './keep-membership.ts'
import { OffsetCommitter } from './offset-committer.ts'
import { type LaneEvents, PartitionLane } from './partition-lane.ts'
import { TopicIntake } from './topic-intake.ts'

const SUSPEND_MS = 1000

export interface RunnerSettings {
  readonly fetch: FetchLimits
  readonly commitIntervalMs: number
  /** How long a partition that is given up waits for what is under way. */
  readonly drainMs: number
}

export interface RunnerDeps {
  readonly cluster: LogCluster
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: ConsumerProxyMetrics
  /** Of the whole group, over all its broker clusters. */
  readonly budget: ByteBudget
  readonly pullBuffer: PullBuffer
  readonly settings: RunnerSettings
  /** Aborts when the HTTP push of the group has ended: what it still held will never finish. */
  readonly pushEnded: AbortSignal
  /** Told of the share of a topic's partitions this proxy holds. */
  shareChanged(subscription: Subscription, share: number): void
}

/** A subscription with the chain its messages walk. */
export interface Route {
  readonly subscription: Subscription
  readonly chain: ActionChain
}

/**
 * Consumes one group on one broker cluster (architecture §6): membership, one lane per assigned partition, one fetch loop.
 *
 * R1 A partition is read and committed only between `assigned` and `revoked` or `lost`.
 * R2 `revoked` resolves after delivery stopped, what was under way had its time, and the positions are stored.
 * R3 Whatever fails (join, read, commit) is tried again with growing pauses until `stop`.
 */
export class GroupRunner implements AssignmentListener {
  readonly #group: string
  readonly #deps: RunnerDeps
  readonly #log: Logger
  readonly #intakes = new Map<string, TopicIntake>()
  readonly #lanes = new Map<string, PartitionLane>()
  readonly #fetchLoop: FetchLoop
  readonly #deadLetters: DeadLetters
  readonly #stop = new AbortController()
  #stopDeadline: AbortSignal | undefined
  #committer: OffsetCommitter | undefined
  #running: Promise<unknown> = Promise.resolve()
  #drainChecks = new Set<() => void>()
  /** Assigned, and no lane yet. */
  readonly #opening = new Set<string>()

  constructor(group: string, routes: readonly Route[], deps: RunnerDeps) {
    this.#group = group
    this.#deps = deps
    this.#log = deps.log.child({ group, brokerCluster: deps.cluster.clusterName })
    this.#deadLetters = new DeadLetters({ ...deps, log: this.#log })
    const { cluster, clock, settings } = deps
    const events = {
      laneFailed: (lane: PartitionLane, error: StorageError) => this.#laneFailed(lane, error),
      readFailed: (err: unknown) => this.#failed('fetch', err),
    }
    this.#fetchLoop = new FetchLoop({ cluster, clock, limits: settings.fetch, events }, this.#lanes)
    for (const route of routes) this.#intakes.set(route.subscription.topic, this.#createIntake(route))
  }

  /** The connection it consumes through. */
  get cluster(): LogCluster {
    return this.#deps.cluster
  }

  get subscriptions(): readonly Subscription[] {
    return [...this.#intakes.values()].map(intake => intake.subscription)
  }

  get lanes(): Iterable<PartitionLane> {
    return this.#lanes.values()
  }

  get intakes(): Iterable<TopicIntake> {
    return this.#intakes.values()
  }

  start(): void {
    const membership = keepMembership({
      ...this.#deps,
      group: this.#group,
      topics: [...this.#intakes.keys()],
      listener: this,
      stop: this.#stop.signal,
      stopDeadline: () => this.#stopDeadline ?? AbortSignal.abort(),
      joined: joined => this.#joined(joined),
      failed: err => this.#failed('join', err),
    })
    this.#running = Promise.all([membership, this.#fetchLoop.run(this.#stop.signal), this.#commitByTimer()])
  }

  /** Hands all partitions back: what is under way may finish until the drain time or the deadline is over. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopDeadline = deadline
    this.#stop.abort()
    await settledBefore(deadline, this.#running).catch((err: unknown) => this.#failed('leave', err))
    for (const lane of this.#lanes.values()) this.#removeLane(lane)
  }

  /** Applies limits and retries at once, chains to messages started from now on. The topics are the same as before. */
  update(routes: readonly Route[]): void {
    for (const route of routes) {
      this.#intakes.get(route.subscription.topic)?.update(route.subscription, route.chain)
    }
    void this.#updateShares()
  }

  /** Stores every position that is due. Rejects CommitFailedError. */
  async commit(): Promise<void> {
    await this.#committer?.commit()
  }

  async assigned(partitions: readonly AssignedPartition[]): Promise<void> {
    for (const assigned of partitions) this.#opening.add(laneKey(assigned))
    for (const assigned of partitions) {
      const offset = assigned.committed?.offset ?? (await this.#startOffset(assigned))
      // It may have been lost while its start was asked for.
      if (this.#opening.delete(laneKey(assigned))) this.#openLane(assigned, offset)
    }
    await this.#updateShares()
    this.#log.info({ partitions: partitions.length }, 'partitions assigned')
    this.#fetchLoop.wake()
  }

  async revoked(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void> {
    const lanes = this.#lanesOf(partitions)
    for (const lane of lanes) {
      lane.close()
      this.#deps.pullBuffer.closeQueue(lane.topic, lane.qid)
    }
    await drainLanes(lanes, {
      ...this.#deps,
      drainMs: this.#deps.settings.drainMs,
      deadline,
      checks: this.#drainChecks,
    })
    await this.#commitAll(lanes).catch((err: unknown) => this.#failed('commit', err))
    for (const lane of lanes) this.#removeLane(lane)
    await this.#updateShares()
    this.#log.info({ partitions: lanes.length }, 'partitions handed back')
  }

  lost(partitions: readonly TopicPartition[]): void {
    for (const at of partitions) this.#opening.delete(laneKey(at))
    for (const lane of this.#lanesOf(partitions)) this.#removeLane(lane)
    // A drain of them has nothing to wait for, and what is assigned next waits for it.
    for (const check of this.#drainChecks) check()
    this.#log.warn({ partitions: partitions.length }, 'partitions lost')
  }

  #joined(membership: Membership): void {
    this.#committer = new OffsetCommitter(membership, this.#lanes)
  }

  /** Also what is confirmed while positions are being stored: it is answered as stored. Ends, as nothing new is delivered. */
  async #commitAll(lanes: readonly PartitionLane[]): Promise<void> {
    let positions: readonly number[]
    do {
      positions = lanes.map(lane => lane.committable)
      await this.commit()
    } while (lanes.some((lane, index) => lane.committable !== positions[index]))
  }

  #createIntake(route: Route): TopicIntake {
    const { config } = route.subscription
    const perSecond = config.maxTps > 0 ? config.maxTps : config.totalMaxTps
    const limits = {
      rate: new TokenBucket(perSecond, this.#deps.clock),
      budget: new BudgetShare(this.#deps.budget),
    }
    return new TopicIntake(route, this.#deps.clock, limits, () => this.#fetchLoop.wake())
  }

  #openLane(at: TopicPartition, offset: number): void {
    const intake = this.#intakes.get(at.topic)
    if (intake === undefined) return
    const qid = qidOf(this.#deps.cluster.clusterName, at.partition)
    const parts = { intake, events: this.#laneEvents(at.topic) }
    const lane = new PartitionLane({ topic: at.topic, partition: at.partition, qid, offset }, parts)
    this.#lanes.set(laneKey(at), lane)
    intake.lanes.add(lane)
  }

  #removeLane(lane: PartitionLane): void {
    lane.terminate()
    this.#deps.pullBuffer.removeQueue(lane.topic, lane.qid)
    const key = laneKey(lane)
    if (this.#lanes.get(key) === lane) this.#lanes.delete(key)
  }

  #laneEvents(topic: string): LaneEvents {
    const tally = this.#deps.metrics.tally(this.#group, topic)
    return {
      started: () => {
        tally.fetched += 1
      },
      finished: (_lane, outcome) => {
        if (outcome.kind === 'consumed') tally.consumed += 1
        else if (outcome.kind === 'filtered') tally.filtered += 1
        if (this.#drainChecks.size > 0) for (const check of this.#drainChecks) check()
      },
      storeDeadLetter: (job, outcome, lane) =>
        this.#deadLetters.store(job, outcome, { partition: lane.partition, signal: lane.termination }),
    }
  }

  #lanesOf(partitions: readonly TopicPartition[]): PartitionLane[] {
    return partitions.map(at => this.#lanes.get(laneKey(at))).filter(lane => lane !== undefined)
  }

  /** Where a group starts that never committed. An engine that cannot say is asked again by reading at 0. */
  async #startOffset(at: TopicPartition): Promise<number> {
    try {
      return (await this.#deps.cluster.identity(at.topic, at.partition)).startOffset
    } catch (err) {
      this.#failed('fetch', err)
      return 0
    }
  }

  async #laneFailed(lane: PartitionLane, error: StorageError): Promise<void> {
    if (error.kind === 'offsetOutOfRange') {
      const start = await this.#startOffset(lane)
      if (lane.closed) return
      this.#deps.metrics.positionResets.inc({ group: this.#group, topic: lane.topic })
      const fields = { topic: lane.topic, partition: lane.partition, offset: lane.position, start }
      this.#log.warn(fields, 'position is not in the log, going to its start')
      if (start > lane.position) return lane.skipTo(start)
      // Another log: what was read of the old one is not in it.
      this.#removeLane(lane)
      return this.#openLane(lane, start)
    }
    this.#failed('fetch', error)
    lane.suspended = true
    this.#deps.clock.schedule(SUSPEND_MS, () => {
      lane.suspended = false
      this.#fetchLoop.wake()
    })
  }

  async #updateShares(): Promise<void> {
    for (const [topic, intake] of this.#intakes) {
      try {
        const total = (await this.#deps.cluster.partitions(topic)).length
        const held = intake.lanes.size
        // Nothing held, or nothing known: the rate stays (consumer-proxy.md §10.3).
        if (held === 0 || total === 0) continue
        intake.setShare(held / total)
        this.#deps.shareChanged(intake.subscription, Math.min(1, held / total))
      } catch (err) {
        this.#log.warn({ err, topic }, 'share of the rate not known, keeping the one before')
      }
    }
  }

  async #commitByTimer(): Promise<void> {
    const { clock, settings } = this.#deps
    while (!this.#stop.signal.aborted) {
      await clock.sleep(settings.commitIntervalMs, this.#stop.signal).catch(() => undefined) // Ends early at stop.
      await this.commit().catch((err: unknown) => this.#failed('commit', err))
    }
  }

  #failed(kind: 'join' | 'fetch' | 'commit' | 'leave', err: unknown): void {
    this.#deps.metrics.errors.inc({ kind })
    this.#log.warn({ err }, `${kind} failed`)
  }
}

function laneKey(at: TopicPartition): string {
  return `${at.topic}/${at.partition}`
}
