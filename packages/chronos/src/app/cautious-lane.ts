/**
 * Delivers what was set aside because its topic failed, one topic at a time and in transactions of its own, so that a topic that
 * hangs or refuses holds up no other (SPEC.md I8).
 *
 * L1 It begins with one round and doubles while that goes well; a topic that took many at once goes back to the others.
 * L2 The table is written last, when the topic has taken its messages, and only while the lane holds the gate: the owner's
 *    loop reads no horizon then, and knows of what was committed before it chooses again.
 * L3 A round that fails alone for a reason that time does not mend is written to the dead-letter topic instead.
 * L4 What became of an attempt that had no answer is not known here: the tenure ends, and the log says it to the next one.
 * L5 Whoever opens the lane's transactional id fences who had it. So it counts only when something was committed through the
 *    owner's own id after it was opened: one whose tenure is over unknown to it is fenced there, and delivers nothing here. And
 *    whoever takes over opens that id first, and this one after it.
 */
import type { Logger } from '@ddmq/common/log'
import { type Append, type LogCluster, type PartitionId, StorageError, type Transactor } from '@ddmq/storage'
import { topicsOf } from '../core/blamed-topics.ts'
import type { Destinations } from '../core/destinations.ts'
import { FireBatch } from '../core/fire-batch.ts'
import { isRefusal, MISSING_TOPIC_MS, verdictOf } from '../core/verdict.ts'
import type { ChronosMetrics } from '../metrics.ts'
import type { PendingRound, ShardIndex } from '../store/shard-index.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { Gate } from './gate.ts'
import type { Planner } from './planner.ts'
import type { Tenure } from './tenure.ts'
import type { TopicPartitions } from './topic-partitions.ts'

const DEADLINE_MS = 5000
const MAX_COUNT = 2000
const MAX_BYTES = 4 * 1024 * 1024

export interface CautiousLaneDeps {
  readonly cluster: LogCluster
  readonly topic: string
  readonly shard: PartitionId
  readonly index: ShardIndex
  readonly destinations: Destinations
  readonly partitions: TopicPartitions
  readonly planner: Planner
  readonly deadLetters: DeadLetters
  readonly gate: Gate
  readonly log: Logger
  readonly metrics: ChronosMetrics
}

export class CautiousLane {
  readonly #deps: CautiousLaneDeps
  #transactor: Transactor | undefined
  #running: Promise<void> | undefined
  #failure: Error | undefined
  /** Lets the loop go on, while the gate is held here. */
  #leave: (() => void) | undefined
  /** Topics take turns. */
  #lastTopic = ''

  constructor(deps: CautiousLaneDeps) {
    this.#deps = deps
  }

  /** Throws what ends the tenure (L4). Called while the gate is held, before a horizon is read. */
  check(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  /** Begins the next try when one is due and none is under way. What was committed is in the index (N2 of `Tenure`). */
  tick(tenure: Tenure, horizonMs: number): void {
    if (this.#running !== undefined) return
    const topic = this.#nextTopic()
    if (topic === undefined) return
    this.#lastTopic = topic
    this.#running = this.#try(tenure, topic, horizonMs)
      .catch((thrown: unknown) => {
        this.#failure = thrown instanceof Error ? thrown : new Error(String(thrown))
      })
      .finally(() => {
        // Only now: a transaction that had no answer may be open in the table, and the loop must hear of it first.
        this.#leaveGate()
        this.#running = undefined
      })
  }

  /** The tenure is over: waits for what is under way. */
  async end(): Promise<void> {
    await this.#running
    await this.#close()
    this.#failure = undefined
  }

  #nextTopic(): string | undefined {
    const { index, destinations } = this.#deps
    const ready = [...index.asideTopics()]
      .filter(topic => destinations.isCautious(topic) && destinations.nextTryMs(topic) <= 0)
      .toSorted()
    return ready.find(topic => topic > this.#lastTopic) ?? ready[0]
  }

  async #try(tenure: Tenure, topic: string, horizonMs: number): Promise<void> {
    const { index, planner, destinations } = this.#deps
    const [oldest] = await index.asideOf(topic, horizonMs, { count: 1, bytes: MAX_BYTES })
    if (oldest === undefined) return
    const count = destinations.admit(topic, MAX_COUNT)
    if (count === 0) return
    const batch = new FireBatch({ count, bytes: MAX_BYTES }, horizonMs)
    const rounds = await index.asideOf(topic, horizonMs, { count, bytes: MAX_BYTES })
    // The batch itself is the limit: further rounds of a loop count as others do.
    await planner.take(batch, rounds, { nowMs: horizonMs, more: (_, further) => further })
    try {
      await this.#send(tenure, batch)
      destinations.succeeded(topic)
    } catch (thrown) {
      await this.#refused(tenure, topic, thrown)
      if (!isRefused(thrown)) throw thrown
      const hopeless = await this.#hopeless(batch, { thrown, topic, oldest, horizonMs })
      if (hopeless !== undefined) await this.#bury(tenure, hopeless, { thrown, topic, horizonMs })
    }
  }

  /** The topic waits; what was begun is aborted: readers of the topic would wait for its end. */
  async #refused(tenure: Tenure, topic: string, thrown: unknown): Promise<void> {
    await this.#close()
    if (!isRefused(thrown)) return
    const { destinations, log } = this.#deps
    destinations.failed(topic, thrown)
    log.warn({ err: thrown, topic }, `delayed messages of topic ${topic} wait: ${thrown.message}`)
    this.#transactor = await this.#open(tenure)
    this.#leaveGate()
  }

  /** What becomes dead letters: the delivery that failed alone, or all that waited too long for a topic that is missing. */
  async #hopeless(
    batch: FireBatch,
    { thrown, topic, oldest, horizonMs }: Refusal,
  ): Promise<FireBatch | undefined> {
    if (verdictOf(thrown.kind, horizonMs - oldest.dueMs) === 'wait') return undefined
    if (thrown.kind !== 'unknownTopic') return batch.delivered <= 1 ? batch : undefined
    const { index, planner } = this.#deps
    const all = new FireBatch({ count: MAX_COUNT, bytes: MAX_BYTES }, horizonMs)
    const limits = { count: MAX_COUNT, bytes: MAX_BYTES }
    const rounds = await index.asideOf(topic, horizonMs - MISSING_TOPIC_MS, limits)
    await planner.take(all, rounds, { nowMs: horizonMs, more: (_, further) => further })
    return all
  }

  /** L3. What is refused even as a dead letter is left out, so that nothing stays that would be tried for ever. */
  async #bury(
    tenure: Tenure,
    failed: FireBatch,
    { thrown, topic, horizonMs }: Omit<Refusal, 'oldest'>,
  ): Promise<void> {
    const { deadLetters, topic: table, destinations, log, metrics, cluster, shard } = this.#deps
    const reason = thrown.message
    let without: DeadLetterParts = { body: false, next: topicsOf(thrown).includes(table) }
    for (let isSent = false; !isSent; ) {
      try {
        await this.#send(
          tenure,
          deadBatch(failed, { topic: await deadLetters.topic(), reason, without, horizonMs }),
        )
        isSent = true
      } catch (refused) {
        await this.#close()
        if (!isRefused(refused)) throw refused
        this.#leaveGate()
        const less = lessOf(without, refused, table)
        if (less === undefined) {
          // Nothing is wrong but with the dead letters: the topic waits as if it were away.
          destinations.failed(topic, new StorageError('unavailable', `no dead letter: ${refused.message}`))
          log.error({ err: refused, topic }, `dead letters of topic ${topic} are not stored and wait`)
          return
        }
        without = less
      }
    }
    for (const { round } of failed.taken) {
      log.error({ topic, message: round.pending.name, reason, without }, 'a delayed message is a dead letter')
      metrics.deadLettered.inc({ cluster: cluster.clusterName, shard, topic, reason: thrown.kind })
    }
  }

  async #send(tenure: Tenure, batch: FireBatch): Promise<void> {
    const { partitions, gate } = this.#deps
    const table = tenure.tableAppends(batch.table)
    const appends: Append[] = []
    for (const [topic, records] of batch.deliveries) {
      const own = await partitions.spread(topic, records)
      if (own instanceof StorageError) throw own
      appends.push(...own)
    }
    this.#transactor ??= await this.#open(tenure)
    let isOver = false
    try {
      const offsets = await this.#transactor.commit(appends, {
        deadlineMs: DEADLINE_MS,
        last: table,
        beforeLast: async () => {
          const left = await gate.enter()
          // The turn may come when the time of the commit is over.
          if (isOver) left()
          else this.#leave = left
        },
      })
      tenure.committed(offsets, table.at(-1)?.records.length)
      this.#leaveGate()
    } finally {
      isOver = true
    }
  }

  /** L5. The gate may be held here already. */
  async #open(tenure: Tenure): Promise<Transactor> {
    const transactor = await tenure.cautious()
    const prove = (): Promise<unknown> => tenure.barrier()
    try {
      await (this.#leave === undefined ? this.#deps.gate.run(prove) : prove())
    } catch (thrown) {
      await transactor.close()
      if (!isRefused(thrown)) throw thrown
      // No topic is the reason: an error of the owner's own transactor ends the tenure (N3 of `Tenure`).
      throw new StorageError('outcomeUnknown', `the barrier of the lane: ${thrown.message}`, {
        cause: thrown,
      })
    }
    return transactor
  }

  #leaveGate(): void {
    this.#leave?.()
    this.#leave = undefined
  }

  async #close(): Promise<void> {
    const transactor = this.#transactor
    this.#transactor = undefined
    await transactor?.close()
  }
}

interface Refusal {
  readonly thrown: StorageError
  readonly topic: string
  readonly oldest: PendingRound
  readonly horizonMs: number
}

interface DeadBatch {
  readonly topic: string
  readonly reason: string
  readonly without: DeadLetterParts
  readonly horizonMs: number
}

function deadBatch(failed: FireBatch, { topic, reason, without, horizonMs }: DeadBatch): FireBatch {
  const batch = new FireBatch({ count: failed.delivered, bytes: Number.POSITIVE_INFINITY }, horizonMs)
  for (const { round, firing } of failed.taken) {
    const deliver = without.next ? firing.deliver.slice(0, failed.delivered) : firing.deliver
    const next = without.next ? undefined : firing.next
    batch.addDead(round, { deliver, next }, { topic, reason, withoutBody: without.body })
  }
  return batch
}

/** The topic's own trouble, after which nothing was stored. */
function isRefused(thrown: unknown): thrown is StorageError {
  return thrown instanceof StorageError && thrown.kind !== 'fenced' && thrown.kind !== 'outcomeUnknown'
}

/** What is left out of a dead letter: its body, and the next round of its loop. */
interface DeadLetterParts {
  readonly body: boolean
  readonly next: boolean
}

/** Undefined when something else is the matter, or nothing more can be left out. */
function lessOf(without: DeadLetterParts, thrown: unknown, table: string): DeadLetterParts | undefined {
  if (!isRefused(thrown) || !isRefusal(thrown.kind)) return undefined
  if (topicsOf(thrown).includes(table)) return without.next ? undefined : { ...without, next: true }
  return without.body ? undefined : { ...without, body: true }
}
