/** Hot path: once per sendSync and sendAsync. */
import type { Clock } from '@ddmq/common/clock'
import type { Message } from '@ddmq/common/idl'
import { StorageError } from '@ddmq/storage'
import { bodyOf, recordOf } from '../core/log-record.ts'
import { type Outcome, outcomeOf, type ResultName } from '../core/result-code.ts'
import { clusterIndex, partitionIndex, type Random } from '../core/selection.ts'
import { isReservedForDelayService } from '../core/topic-route.ts'
import { problemOfMessage } from '../core/validation.ts'
import { type ProducerProxyMetrics, UNSERVED } from '../metrics.ts'
import type { ActiveTopic } from './active-topic.ts'
import type { Failures } from './failures.ts'
import type { LimiterHolds } from './limiter-holds.ts'
import { partitionsOf } from './partitions-of.ts'
import type { TopicTable } from './topic-table.ts'

/** Longer timeouts are cut to this: nobody waits so long, and timers do not reach further. */
const LONGEST_WAIT_MS = 3_600_000

export interface SendDeps {
  readonly table: TopicTable
  readonly holds: LimiterHolds
  readonly failures: Failures
  readonly metrics: ProducerProxyMetrics
  readonly clock: Clock
  readonly random: Random
  readonly engineWaitMs: number
}

/** Publishes one message (producer-proxy.md §7.1): validate, look up, limit, choose cluster and partition, append. */
export class SendMessage {
  readonly #deps: SendDeps

  constructor(deps: SendDeps) {
    this.#deps = deps
  }

  /** Waits as long as the storage may take; the limiter's hold is that of the same timeout. */
  sendAsync(message: Message): Outcome | Promise<Outcome> {
    return this.send(message, this.#deps.engineWaitMs)
  }

  /** `timeoutMs` of 0 or less: the configured wait decides. Answers at once where nothing has to be waited for. */
  send(message: Message, timeoutMs: number): Outcome | Promise<Outcome> {
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
    if (this.#admit(topic)) return this.#publish(topic, message, body, dueMs)
    return holds.hold({
      intervalMs: topic.route.limiterRetryIntervalMs,
      timeoutMs,
      dueMs,
      again: () => this.#sendHeld(topic.route.topic, message, body, dueMs),
      ended: outcome => this.#refuse(topic, outcome.name),
    })
  }

  #admit(topic: ActiveTopic): boolean {
    const { table } = this.#deps
    return table.admitTopic(topic, 1) && table.admitNode(topic, 1)
  }

  /** The second attempt, on the configuration that is in force by then. */
  #sendHeld(name: string, message: Message, body: Uint8Array, dueMs: number): Outcome | Promise<Outcome> {
    const topic = this.#deps.table.get(name)
    if (topic === undefined) return this.#refuse(topic, 'FAIL_TOPIC_NOT_ALLOWED')
    if (!this.#admit(topic)) return this.#refuse(topic, 'FAIL_REFUSED_BY_RATE_LIMITER')
    return this.#publish(topic, message, body, dueMs)
  }

  async #publish(topic: ActiveTopic, message: Message, body: Uint8Array, dueMs: number): Promise<Outcome> {
    let outcome: Outcome
    try {
      outcome = await this.#append(topic, message, body, dueMs)
    } catch (thrown) {
      outcome = this.#deps.failures.outcomeOf(thrown, topic, dueMs)
    }
    topic.tally.results[outcome.name]++
    return outcome
  }

  async #append(topic: ActiveTopic, message: Message, body: Uint8Array, dueMs: number): Promise<Outcome> {
    const { clock, random } = this.#deps
    const target = topic.targets[clusterIndex(message, topic.targets.length, random)]
    if (target === undefined) return outcomeOf('FAIL_NO_PRODUCER_FOR_CLUSTER')
    const name = topic.route.topic
    const known = partitionsOf(target.cluster, name, clock, dueMs)
    const partitions = known instanceof Promise ? await known : known
    const partition = partitions[partitionIndex(message, partitions.length, random)]
    if (partition === undefined) throw new StorageError('unavailable', `topic ${name} has no partition`)
    const deadlineMs = dueMs - clock.monotonicMs()
    if (deadlineMs <= 0) return outcomeOf('FAIL_TIMEOUT')
    await target.batcher.append(name, partition, recordOf(message, body, clock.nowMs()), { deadlineMs })
    return outcomeOf('OK')
  }

  #refuse(topic: ActiveTopic | undefined, result: ResultName, reason?: string): Outcome {
    const tally = topic?.tally ?? this.#deps.metrics.tally(UNSERVED)
    tally.results[result]++
    return outcomeOf(result, reason)
  }
}
