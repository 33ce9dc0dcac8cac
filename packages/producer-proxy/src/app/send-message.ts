/** Hot path: once per sendSync and sendAsync. */
import type { Message } from '@ddmq/common/idl'
import { type LiveClusters, type PartitionId, StorageError } from '@ddmq/storage'
import { bodyOf, recordOf } from '../core/log-record.ts'
import { type Outcome, outcomeOf } from '../core/result-code.ts'
import { leavesPartitionOpen, partitionIndex, type Random } from '../core/selection.ts'
import { isReservedForDelayService } from '../core/topic-route.ts'
import { problemOfMessage } from '../core/validation.ts'
import type { ActiveTopic } from './active-topic.ts'
import { chooseTarget } from './choose-target.ts'
import { type LimitedSend, LimitedSends, type LimitedSendsDeps } from './limited-sends.ts'
import { partitionsOf } from './partitions-of.ts'
import type { SecondAttempts } from './second-attempt.ts'
import { Target } from './target.ts'

/** What a second attempt gets beyond the caller's time (producer-proxy.md §11). */
const SECOND_ATTEMPT_MS = 30

export interface SendDeps extends LimitedSendsDeps {
  readonly clusters: Pick<LiveClusters, 'isConnecting'>
  readonly random: Random
}

/** One accepted message. */
interface Send extends LimitedSend {
  readonly message: Message
  readonly body: Uint8Array
  /** When the answer leaves at the latest: the caller's time, and what a second attempt gets on top. */
  readonly endMs: number
}

/** Publishes one message (producer-proxy.md §7.1): validate, look up, limit, choose cluster and partition, append. */
export class SendMessage {
  readonly #deps: SendDeps
  readonly #secondAttempts: SecondAttempts
  readonly #limited: LimitedSends<Send>

  constructor(deps: SendDeps, secondAttempts: SecondAttempts) {
    this.#deps = deps
    this.#secondAttempts = secondAttempts
    this.#limited = new LimitedSends(deps, (topic, send, isHeld) => this.#append(topic, send, isHeld))
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
    const { table } = this.#deps
    const limited = this.#limited
    const topic = table.get(message.topic)
    const body = bodyOf(message)
    const problem = problemOfMessage(message.topic, message, body, {
      innerTopicPrefix: table.innerTopicPrefix,
      maxBodyBytes: table.maxBodyBytes(topic),
    })
    if (problem !== undefined || body === undefined) {
      return limited.refuseAs(topic, 'FAIL_ILLEGAL_MSG', problem)
    }
    if (topic === undefined) return limited.refuseAs(topic, 'FAIL_TOPIC_NOT_ALLOWED')
    if (isReservedForDelayService(topic.route, message)) return limited.refuseAs(topic, 'FAIL_TOPIC_IS_DELAY')
    const dueMs = limited.dueMs(timeoutMs)
    const endMs = topic.route.isStrongOrder ? dueMs : dueMs + secondMs
    return limited.send(topic, { message, body, timeoutMs, dueMs, endMs })
  }

  /** A plain function: one promise fewer for each message. */
  #append(topic: ActiveTopic, send: Send, isHeld: boolean): Outcome | Promise<Outcome> {
    const { clock, random, clusters } = this.#deps
    // What was held has had its second attempt.
    const endMs = isHeld ? send.dueMs : send.endMs
    const target = chooseTarget(topic, send.message, clusters, random)
    if (!(target instanceof Target)) return target
    const known = partitionsOf(target.cluster, topic.route.topic, clock, endMs)
    if (!(known instanceof Promise)) return this.#appendTo(topic, send, endMs, { target, partitions: known })
    return known.then(partitions =>
      target.isRetired
        ? this.#limited.appendAnew(topic, send, isHeld)
        : this.#appendTo(topic, send, endMs, { target, partitions }),
    )
  }

  #appendTo(
    topic: ActiveTopic,
    { message, body, dueMs }: Send,
    endMs: number,
    { target, partitions }: { readonly target: Target; readonly partitions: readonly PartitionId[] },
  ): Outcome | Promise<Outcome> {
    const { clock, random } = this.#deps
    const name = topic.route.topic
    const partition = partitions[partitionIndex(message, partitions.length, random)]
    if (partition === undefined) throw new StorageError('unavailable', `topic ${name} has no partition`)
    const deadlineMs = endMs - clock.monotonicMs()
    if (deadlineMs <= 0) return outcomeOf('FAIL_TIMEOUT')
    const record = recordOf(message, body, clock.nowMs())
    if (endMs > dueMs && leavesPartitionOpen(message)) {
      return this.#secondAttempts.send({
        topic: name,
        partition,
        partitions,
        target,
        active: topic,
        message,
        record,
        dueMs,
        endMs,
      })
    }
    return target.batcher.append(name, partition, record, { deadlineMs }).then(stored)
  }
}

const stored = (): Outcome => outcomeOf('OK')
