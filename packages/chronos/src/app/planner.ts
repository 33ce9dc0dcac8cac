/** Hot path: once per transaction. */
import type { DelayId } from '@ddmq/common/delay'
import type { Logger } from '@ddmq/common/log'
import { messageKey, progressKey } from '@ddmq/storage/delay'
import type { Destinations } from '../core/destinations.ts'
import { type BatchLimits, type DueRound, dueRoundOf, FireBatch } from '../core/fire-batch.ts'
import { onceToFire, type RoundsToFire, roundsToFire } from '../core/misfire.ts'
import { NameTopics } from '../store/name-topics.ts'
import type { PendingRound, ShardIndex } from '../store/shard-index.ts'
import type { FollowedTopics } from './topic-settings.ts'

/** Keys that say nothing any more, per transaction. */
const LITTER_AT_A_TIME = 500

/** Of a batch, for what waited. */
const ASIDE_SHARE = 0.5

export interface PlannerDeps {
  readonly index: ShardIndex
  readonly destinations: Destinations
  readonly settings: Pick<FollowedTopics, 'get'>
  readonly limits: BatchLimits
  readonly log: Logger
  /** Waits for its turn with heavy work (see `Turns`). */
  readonly turn: (records: number) => Promise<void>
}

interface TakeOptions {
  /** Time of the horizon: all rounds are due then. */
  readonly nowMs: number
  readonly more: (topic: string, count: number) => number
}

/** Chooses what the next transaction of a shard is about. */
export class Planner {
  readonly #deps: PlannerDeps
  /** Topics that waited take turns. */
  #lastAside = ''

  constructor(deps: PlannerDeps) {
    this.#deps = deps
  }

  /** Of what is due at the horizon; an empty batch when that is nothing. */
  async next(horizonMs: number): Promise<FireBatch> {
    const { index, limits, turn } = this.#deps
    const batch = new FireBatch(limits, horizonMs)
    batch.share = ASIDE_SHARE
    await this.#takeAside(batch, horizonMs)
    batch.share = 1
    // What must wait is set aside and does not count, so that it hides nothing that is behind it.
    for (let isMore = true; isMore && !batch.isFull; ) {
      const rounds = await index.due(horizonMs, limits)
      await turn(rounds.length)
      isMore = await this.#takeDue(batch, rounds, horizonMs)
    }
    if (!batch.isFull) for (const key of await index.litter(horizonMs, LITTER_AT_A_TIME)) batch.addLitter(key)
    return batch
  }

  /**
   * Takes rounds in; those that are cancelled leave the table without a delivery. `more` says how many of the further rounds of a
   * loop may be delivered now.
   */
  async take(batch: FireBatch, rounds: readonly PendingRound[], { nowMs, more }: TakeOptions): Promise<void> {
    const cancelled = await this.#deps.index.cancelled(rounds.map(({ name }) => name))
    for (const pending of rounds) {
      if (batch.isFull) return
      const due = this.#parse(batch, pending)
      if (due === undefined) continue
      const cancelledFrom = cancelled.get(pending.name)
      const { first } = due
      const firing =
        first === undefined
          ? onceToFire(cancelledFrom)
          : this.#loopToFire({ ...due, first }, cancelledFrom, { nowMs, more })
      batch.add(due, firing)
    }
  }

  #loopToFire(
    { pending: { round, dueMs }, topic, first }: DueRound & { readonly first: DelayId },
    cancelledFrom: number | undefined,
    { nowMs, more }: TakeOptions,
  ): RoundsToFire {
    const { misfire } = this.#deps.settings.get(topic)
    const position = { first, round, milliseconds: dueMs % 1000 }
    const whole = roundsToFire(position, nowMs, misfire, { cancelledFrom })
    const further = whole.deliver.length - 1
    const limit = further > 0 ? 1 + more(topic, further) : 1
    return limit > further ? whole : roundsToFire(position, nowMs, misfire, { cancelledFrom, limit })
  }

  /** What waited and may go now: at most half of a batch, in turns, so that a backlog delays nothing else. */
  async #takeAside(batch: FireBatch, horizonMs: number): Promise<void> {
    const { index, destinations, limits } = this.#deps
    const topics = [...index.asideTopics()]
      .filter(topic => !destinations.isCautious(topic) && destinations.nextTryMs(topic) <= 0)
      .toSorted()
    const first = topics.findIndex(topic => topic > this.#lastAside)
    for (const topic of [...topics.slice(Math.max(0, first)), ...topics.slice(0, Math.max(0, first))]) {
      const left = Math.ceil(limits.count * ASIDE_SHARE) - batch.delivered
      if (left <= 0 || batch.isFull) return
      this.#lastAside = topic
      const rounds = await index.asideOf(topic, horizonMs, { ...limits, count: left })
      const count = destinations.admit(topic, rounds.length)
      await this.take(batch, rounds.slice(0, count), { nowMs: horizonMs, more: this.#more })
    }
  }

  /** Answers whether there may be more that is due, and none of it was taken. */
  async #takeDue(batch: FireBatch, rounds: readonly PendingRound[], horizonMs: number): Promise<boolean> {
    const { index, destinations, limits } = this.#deps
    const admitted: PendingRound[] = []
    const waiting: PendingRound[] = []
    const topics = new NameTopics()
    for (const [topic, own] of Map.groupBy(rounds, ({ name }) => topics.of(name))) {
      const count = destinations.isCautious(topic) ? 0 : destinations.admit(topic, own.length)
      for (const [place, round] of own.entries()) (place < count ? admitted : waiting).push(round)
    }
    await this.take(batch, admitted, { nowMs: horizonMs, more: this.#more })
    if (waiting.length > 0) await index.setAside(waiting)
    // What was taken stays in the index until it is read back: another look would find it again.
    return admitted.length === 0 && rounds.length >= limits.count
  }

  readonly #more = (topic: string, count: number): number => this.#deps.destinations.admit(topic, count)

  /** A name that cannot be taken apart is nobody's message: it leaves the table, or it would be due for ever. */
  #parse(batch: FireBatch, pending: PendingRound): DueRound | undefined {
    const due = dueRoundOf(pending)
    if (due !== undefined) return due
    this.#deps.log.error(
      { name: pending.name },
      'a record of the delay table is no delayed message and is taken out',
    )
    batch.addLitter(messageKey(pending.name))
    batch.addLitter(progressKey(pending.name))
    return undefined
  }
}
