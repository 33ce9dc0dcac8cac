/** Hot path: once per message that left its partition open. */
import type { Clock } from '@ddmq/common/clock'
import type { Message } from '@ddmq/common/idl'
import {
  type AppendListener,
  type DeadlineWatch,
  Expiring,
  type LogRecord,
  type PartitionId,
  StorageError,
  type TopicPartition,
} from '@ddmq/storage'
import { type Outcome, outcomeOf } from '../core/result-code.ts'
import { leavesClusterOpen, partitionIndex, type Random } from '../core/selection.ts'
import type { ActiveTopic } from './active-topic.ts'
import { anyOf } from './choose-target.ts'
import { partitionsOf } from './partitions-of.ts'
import type { Target } from './target.ts'
import type { TopicTable } from './topic-table.ts'

/** A message, and where its first attempt goes. */
export interface MovableSend extends TopicPartition {
  readonly active: ActiveTopic
  readonly target: Target
  /** All of the topic. */
  readonly partitions: readonly PartitionId[]
  readonly message: Message
  readonly record: LogRecord
  /** When a second attempt begins, and when both are over (monotonic). */
  readonly dueMs: number
  readonly endMs: number
}

export interface SecondAttemptDeps {
  readonly table: TopicTable
  readonly clock: Clock
  readonly random: Random
  readonly watch: DeadlineWatch
}

/**
 * The second attempt of producer-proxy.md §11, for a message that left its partition open; every other one keeps its
 * partition, where the engine repeats it by itself and without a duplicate (§21).
 *
 * T1 At most one second attempt: when the caller's time is over and the first is not settled, or when the first failed
 *    before and nothing was stored.
 * T2 It goes to another cluster where that was left open too, else behind another leader of the same cluster; where there
 *    is neither there is none. The limits are charged for it.
 * T3 The first success decides, once; a second attempt that is not sent by then is not sent any more. When both failed,
 *    "may be stored" wins over "nothing stored".
 */
export class SecondAttempts {
  readonly #deps: SecondAttemptDeps

  constructor(deps: SecondAttemptDeps) {
    this.#deps = deps
  }

  /** Makes the first attempt too. Settles as the first success among both, or when both failed. */
  send(send: MovableSend): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const race = new Race(this, send, resolve, reject)
      this.#deps.watch.add(race)
      send.target.batcher.submit(send, send.endMs, race)
    })
  }

  /** Of both attempts nothing more is waited for. */
  over(race: Race): void {
    this.#deps.watch.delete(race)
  }

  /** Makes the second attempt, if there is to be one; answers whether. */
  second(send: MovableSend, race: Race): boolean {
    const { table } = this.#deps
    const { active, message } = send
    const target = leavesClusterOpen(message) ? this.#otherTarget(send) : undefined
    const partitions = target === undefined ? otherLanes(send) : undefined
    if (target === undefined && partitions?.length === 0) return false
    if (!table.admitTopic(active, 1) || !table.admitNode(active, 1)) return false
    active.tally.secondAttempts++
    void this.#append(send, { target: target ?? send.target, among: partitions }, race)
    return true
  }

  #otherTarget({ active, target }: MovableSend): Target | undefined {
    return anyOf(
      active.targets.filter(other => other !== target),
      this.#deps.random,
    )
  }

  async #append(
    send: MovableSend,
    { target, among }: { readonly target: Target; readonly among: readonly PartitionId[] | undefined },
    race: Race,
  ): Promise<void> {
    const { clock, random } = this.#deps
    const { topic, record, endMs } = send
    try {
      const partitions = among ?? (await partitionsOf(target.cluster, topic, clock, endMs))
      if (race.isOver) return
      const partition = partitions[partitionIndex(send.message, partitions.length, random)]
      if (partition === undefined) throw new StorageError('unavailable', `topic ${topic} has no partition`)
      target.batcher.submit({ topic, partition, record }, endMs, race)
    } catch (thrown) {
      race.failed(thrown)
    }
  }
}

/** The partitions that do not wait for the same batch as the first attempt. */
function otherLanes({
  topic,
  partition,
  partitions,
  target: { cluster },
}: MovableSend): readonly PartitionId[] {
  const lane = cluster.appendLane(topic, partition)
  return partitions.filter(other => cluster.appendLane(topic, other) !== lane)
}

/** Both attempts of one message. */
class Race extends Expiring implements AppendListener {
  readonly #attempts: SecondAttempts
  readonly #send: MovableSend
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (failure: unknown) => void
  /** Decided: what is sent from now on would be stored for nothing. */
  isOver = false
  #pending = 1
  #isSecondDue = true
  #failure: unknown

  constructor(
    attempts: SecondAttempts,
    send: MovableSend,
    resolve: (outcome: Outcome) => void,
    reject: (failure: unknown) => void,
  ) {
    super(send.dueMs)
    this.#attempts = attempts
    this.#send = send
    this.#resolve = resolve
    this.#reject = reject
  }

  appended(): void {
    this.isOver = true
    this.#attempts.over(this)
    this.#resolve(outcomeOf('OK'))
  }

  notAppended(error: StorageError): void {
    this.failed(error)
  }

  /** One of the attempts. */
  failed(thrown: unknown): void {
    this.#pending--
    if (this.#failure === undefined || isKind(thrown, 'outcomeUnknown')) this.#failure = thrown
    if (isKind(thrown, 'retriable') || isKind(thrown, 'unavailable')) this.expire()
    if (this.#pending > 0) return
    this.isOver = true
    this.#attempts.over(this)
    this.#reject(this.#failure)
  }

  /** The second attempt is due; the one before it may still be under way. */
  expire(): void {
    if (!this.#isSecondDue) return
    this.#isSecondDue = false
    // Counted before it is made: it may fail at once.
    this.#pending++
    if (!this.#attempts.second(this.#send, this)) this.#pending--
  }
}

function isKind(thrown: unknown, kind: StorageError['kind']): boolean {
  return thrown instanceof StorageError && thrown.kind === kind
}
