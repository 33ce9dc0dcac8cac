/** Hot path: once per message that left its partition open. */
import type { Clock } from '@ddmq/common/clock'
import type { Message } from '@ddmq/common/idl'
import { type DeadlineWatch, Expiring, type LogRecord, type PartitionId, StorageError } from '@ddmq/storage'
import { leavesClusterOpen, partitionIndex, type Random } from '../core/selection.ts'
import type { ActiveTopic } from './active-topic.ts'
import { anyOf } from './choose-target.ts'
import { partitionsOf } from './partitions-of.ts'
import type { Target } from './target.ts'
import type { TopicTable } from './topic-table.ts'

/** Where the first attempt went. */
export interface FirstPlace {
  readonly target: Target
  readonly partition: PartitionId
  readonly partitions: readonly PartitionId[]
}

export interface MovableSend {
  readonly topic: ActiveTopic
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
 * T3 The first success decides, once. When both failed, "may be stored" wins over "nothing stored".
 */
export class SecondAttempts {
  readonly #deps: SecondAttemptDeps

  constructor(deps: SecondAttemptDeps) {
    this.#deps = deps
  }

  /** Settles as the first success among both attempts, or when both failed. */
  race(first: Promise<number>, send: MovableSend, place: FirstPlace): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const race = new Race(send.dueMs, () => this.#second(send, place))
    const { watch } = this.#deps
    watch.add(race)
    race.onEnd = failure => {
      watch.delete(race)
      if (failure === undefined) resolve()
      else reject(failure)
    }
    race.follow(first)
    return promise
  }

  #second(send: MovableSend, place: FirstPlace): Promise<number> | undefined {
    const { table } = this.#deps
    const { topic, message } = send
    const target = leavesClusterOpen(message) ? this.#otherTarget(topic, place.target) : undefined
    const partitions = target === undefined ? this.#otherLanes(topic, place) : undefined
    if (target === undefined && partitions?.length === 0) return undefined
    if (!table.admitTopic(topic, 1) || !table.admitNode(topic, 1)) return undefined
    topic.tally.secondAttempts++
    return this.#append(send, target ?? place.target, partitions)
  }

  #otherTarget(topic: ActiveTopic, first: Target): Target | undefined {
    return anyOf(
      topic.targets.filter(target => target !== first),
      this.#deps.random,
    )
  }

  /** The partitions that do not wait for the same batch as the first attempt. */
  #otherLanes(topic: ActiveTopic, { target, partition, partitions }: FirstPlace): readonly PartitionId[] {
    const name = topic.route.topic
    const lane = target.cluster.appendLane(name, partition)
    return partitions.filter(other => target.cluster.appendLane(name, other) !== lane)
  }

  async #append(
    send: MovableSend,
    target: Target,
    among: readonly PartitionId[] | undefined,
  ): Promise<number> {
    const { clock, random } = this.#deps
    const name = send.topic.route.topic
    const partitions = among ?? (await partitionsOf(target.cluster, name, clock, send.endMs))
    const partition = partitions[partitionIndex(send.message, partitions.length, random)]
    if (partition === undefined) throw new StorageError('unavailable', `topic ${name} has no partition`)
    const deadlineMs = Math.max(1, send.endMs - clock.monotonicMs())
    return target.batcher.append(name, partition, send.record, { deadlineMs })
  }
}

/** Both attempts of one message. */
class Race extends Expiring {
  onEnd: (failure: unknown) => void = () => undefined
  readonly #second: () => Promise<number> | undefined
  #pending = 0
  #isSecondDue = true
  #failure: unknown

  constructor(dueMs: number, second: () => Promise<number> | undefined) {
    super(dueMs)
    this.#second = second
  }

  follow(attempt: Promise<number>): void {
    this.#pending++
    attempt.then(
      () => this.onEnd(undefined),
      (thrown: unknown) => this.#failed(thrown),
    )
  }

  expire(): void {
    if (!this.#isSecondDue) return
    this.#isSecondDue = false
    const second = this.#second()
    if (second !== undefined) this.follow(second)
  }

  #failed(thrown: unknown): void {
    this.#pending--
    if (this.#failure === undefined || isKind(thrown, 'outcomeUnknown')) this.#failure = thrown
    if (isKind(thrown, 'retriable') || isKind(thrown, 'unavailable')) this.expire()
    if (this.#pending === 0) this.onEnd(this.#failure)
  }
}

function isKind(thrown: unknown, kind: StorageError['kind']): boolean {
  return thrown instanceof StorageError && thrown.kind === kind
}
