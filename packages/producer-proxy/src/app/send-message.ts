/** Hot path: once per sendSync and sendAsync. */
import type { Clock } from '@ddmq/common/clock'
import type { Message } from '@ddmq/common/idl'
import { type LiveClusters, StorageError } from '@ddmq/storage'
import { bodyOf, recordOf } from '../core/log-record.ts'
import { type Outcome, outcomeOf, type ResultName } from '../core/result-code.ts'
import { leavesPartitionOpen, partitionIndex, type Random } from '../core/selection.ts'
import { isReservedForDelayService } from '../core/topic-route.ts'
import { problemOfMessage } from '../core/validation.ts'
import { type ProducerProxyMetrics, UNSERVED } from '../metrics.ts'
import type { ActiveTopic } from './active-topic.ts'
import { chooseTarget } from './choose-target.ts'
import type { Failures } from './failures.ts'
import type { LimiterHolds } from './limiter-holds.ts'
import { partitionsOf } from './partitions-of.ts'
import type { SecondAttempts } from './second-attempt.ts'
import { Target } from './target.ts'
import type { TopicTable } from './topic-table.ts'

/** Longer timeouts are cut to this: nobody waits so long, and timers do not reach further. */
const LONGEST_WAIT_MS = 3_600_000
/** What a second attempt gets beyond the caller's time (producer-proxy.md §11). */
const SECOND_ATTEMPT_MS = 30

export interface SendDeps {
  readonly clusters: Pick<LiveClusters, 'isConnecting'>
  readonly table: TopicTable
  readonly holds: LimiterHolds
  readonly failures: Failures
  readonly metrics: ProducerProxyMetrics
  readonly clock: Clock
  readonly random: Random
  readonly engineWaitMs: number
}

/** One accepted message. */
interface Send {
  readonly message: Message
  readonly body: Uint8Array
  /** When the caller's time is over (monotonic). */
  readonly dueMs: number
  /** When the answer leaves at the latest: the caller's time, and what a second attempt gets on top. */
  readonly endMs: number
}

/** Publishes one message (producer-proxy.md §7.1): validate, look up, limit, choose cluster and partition, append. */
export class SendMessage {
  readonly #deps: SendDeps
  readonly #secondAttempts: SecondAttempts

  constructor(deps: SendDeps, secondAttempts: SecondAttempts) {
    this.#deps = deps
    this.#secondAttempts = secondAttempts
  }

  /** Waits as long as the storage may take; the limiter's hold is that of the same timeout. */
  sendAsync(message: Message): Outcome | Promise<Outcome> {
    return this.#send(message, this.#deps.engineWaitMs, 0)
  }

  /** `timeoutMs` of 0 or less: the configured wait decides. Answers at once where nothing has to be waited for. */
  sendSync(message: Message, timeoutMs: number): Outcome | Promise<Outcome> {
    return this.#send(message, timeoutMs, timeoutMs > 0 ? SECOND_ATTEMPT_MS : 0)
  }

  #send(message: Message, timeoutMs: number, secondMs: number): Outcome | Promise<Outcome> {
    const { table, clock, engineWaitMs, holds } = this.#deps
    const topic = table.get(message.topic)
    const body = bodyOf(message)
    const problem = problemOfMessage(message.topic, message, body, {
      innerTopicPrefix: table.innerTopicPrefix,
      maxBodyBytes: table.maxBodyBytes(topic),
    })
    if (problem !== undefined || body === undefined) return this.#refuse(topic, 'FAIL_ILLEGAL_MSG', problem)
    if (topic === undefined) return this.#refuse(topic, 'FAIL_TOPIC_NOT_ALLOWED')
    if (isReservedForDelayService(topic.route, message)) return this.#refuse(topic, 'FAIL_TOPIC_IS_DELAY')
    const dueMs = clock.monotonicMs() + (timeoutMs > 0 ? Math.min(timeoutMs, LONGEST_WAIT_MS) : engineWaitMs)
    if (this.#admit(topic)) {
      const endMs = topic.route.isStrongOrder ? dueMs : dueMs + secondMs
      return this.#publish(topic, { message, body, dueMs, endMs })
    }
    return holds.hold({
      intervalMs: topic.route.limiterRetryIntervalMs,
      timeoutMs,
      dueMs,
      // What was held has had its second attempt.
      again: () => this.#sendHeld(topic.route.topic, { message, body, dueMs, endMs: dueMs }),
      ended: outcome => this.#refuse(topic, outcome.name),
    })
  }

  #admit(topic: ActiveTopic): boolean {
    const { table } = this.#deps
    return table.admitTopic(topic, 1) && table.admitNode(topic, 1)
  }

  /** The second attempt, on the configuration that is in force by then. */
  #sendHeld(name: string, send: Send): Outcome | Promise<Outcome> {
    const topic = this.#deps.table.get(name)
    if (topic === undefined) return this.#refuse(topic, 'FAIL_TOPIC_NOT_ALLOWED')
    if (!this.#admit(topic)) return this.#refuse(topic, 'FAIL_REFUSED_BY_RATE_LIMITER')
    return this.#publish(topic, send)
  }

  async #publish(topic: ActiveTopic, send: Send): Promise<Outcome> {
    let outcome: Outcome
    try {
      outcome = await this.#append(topic, send)
    } catch (thrown) {
      outcome = this.#deps.failures.outcomeOf(thrown, topic, send.dueMs)
    }
    topic.tally.results[outcome.name]++
    return outcome
  }

  async #append(topic: ActiveTopic, send: Send): Promise<Outcome> {
    const { clock, random, clusters } = this.#deps
    const { message, dueMs, endMs } = send
    const target = chooseTarget(topic, message, clusters, random)
    if (!(target instanceof Target)) return target
    const name = topic.route.topic
    const known = partitionsOf(target.cluster, name, clock, endMs)
    const partitions = known instanceof Promise ? await known : known
    if (target.isRetired) return this.#appendAnew(name, send)
    const partition = partitions[partitionIndex(message, partitions.length, random)]
    if (partition === undefined) throw new StorageError('unavailable', `topic ${name} has no partition`)
    const deadlineMs = endMs - clock.monotonicMs()
    if (deadlineMs <= 0) return outcomeOf('FAIL_TIMEOUT')
    const record = recordOf(message, send.body, clock.nowMs())
    const appended = target.batcher.append(name, partition, record, { deadlineMs })
    if (endMs > dueMs && leavesPartitionOpen(message)) {
      const movable = { topic, message, record, dueMs, endMs }
      await this.#secondAttempts.race(appended, movable, { target, partition, partitions })
    } else await appended
    return outcomeOf('OK')
  }

  /** The connection was replaced while the partitions were asked for: nothing was sent yet. */
  #appendAnew(name: string, send: Send): Outcome | Promise<Outcome> {
    const topic = this.#deps.table.get(name)
    return topic === undefined ? outcomeOf('FAIL_TOPIC_NOT_ALLOWED') : this.#append(topic, send)
  }

  #refuse(topic: ActiveTopic | undefined, result: ResultName, reason?: string): Outcome {
    const tally = topic?.tally ?? this.#deps.metrics.tally(UNSERVED)
    tally.results[result]++
    return outcomeOf(result, reason)
  }
}
