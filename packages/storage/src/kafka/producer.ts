/**
 * Hot path: once per append. Stores records with the leaders of their partitions.
 *
 * P1 What is ready for one broker goes in one request, with all partitions it leads; the next leaves when that returns.
 * P2 Each partition is sent again on its own and to whoever leads it by then: a request that failed is never repeated as a
 *    whole (the library's own retry sends all partitions to the leader of the first).
 * P3 An append is one batch, so its records have consecutive offsets.
 * P4 An append is answered once, at its deadline at the latest (J1, W1–W3).
 */
import { initProducerIdV4 } from '@platformatic/kafka'
import { AppendCall } from '../append-call.ts'
import { DeadlineWatch } from '../deadline-watch.ts'
import { StorageError } from '../errors.ts'
import type { Append, AppendOutcome, CallOptions } from '../port/cluster.ts'
import type { LogRecord } from '../port/record.ts'
import { AppendJob } from './append-job.ts'
import { type KafkaClient, toStorageError } from './kafka-client.ts'
import { errorOfCode, isDenial, NO_ERROR } from './kafka-errors.ts'
import { hasPartition, type NodeId, type TopicMetadata } from './metadata.ts'
import { NodeSender, type SenderDeps } from './node-sender.ts'
import { PartitionWriter } from './partition-writer.ts'
import { type ProducerIdentity, recordSize } from './record-batch.ts'

/** Beyond it nothing is sent: a broker would close the connection at 100 MB. */
const MAX_APPEND_BYTES = 48 * 1024 * 1024
/** Appends that wait for their brokers; beyond they are refused with `overload`. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024
const FIRST_PAUSE_MS = 20
const LONGEST_PAUSE_MS = 1_000
const NO_LEADER = -1
const NO_TRANSACTION = null
const NO_TIMEOUT = 0

export class KafkaProducer {
  readonly #client: KafkaClient
  readonly #watch: DeadlineWatch
  readonly #writers = new Map<string, Map<number, PartitionWriter>>()
  readonly #senders = new Map<NodeId, NodeSender>()
  readonly #stopWatching: () => void
  #identity: Promise<ProducerIdentity> | undefined
  #pendingBytes = 0
  #isClosed = false
  #onIdle: (() => void) | undefined

  constructor(client: KafkaClient) {
    this.#client = client
    this.#watch = new DeadlineWatch(client.clock)
    this.#stopWatching = client.metadata.onChange(() => {
      for (const sender of this.#senders.values()) sender.leadersChanged()
    })
  }

  append(appends: readonly Append[], { deadlineMs, signal }: CallOptions): Promise<readonly AppendOutcome[]> {
    if (appends.length === 0) return Promise.resolve([])
    const dueMs = this.#client.clock.monotonicMs() + deadlineMs
    return new Promise(resolve => {
      const call = new AppendCall(appends.length, dueMs, this.#watch, resolve)
      for (let index = 0; index < appends.length; index++) {
        const append = appends[index]
        if (append !== undefined) this.#submit(call, index, append)
      }
      if (signal !== undefined) call.expireOn(signal)
    })
  }

  /** Refuses new appends and waits for those under way; at the deadline answers them without waiting. */
  async close(deadline?: AbortSignal): Promise<void> {
    this.#isClosed = true
    const idle = new Promise<void>(resolve => {
      this.#onIdle = resolve
      if (this.#pendingBytes === 0) resolve()
    })
    const expire = (): void => this.#watch.expireAll()
    if (deadline?.aborted) expire()
    deadline?.addEventListener('abort', expire, { once: true })
    await idle
    deadline?.removeEventListener('abort', expire)
    this.#stopWatching()
  }

  /** Its last batch could not be stored at once, so it would hold up the others in its lane. */
  isFailing(topic: string, partition: string): boolean {
    return (this.#writers.get(topic)?.get(Number(partition))?.failures ?? 0) > 0
  }

  #submit(call: AppendCall, index: number, append: Append): void {
    const bytes = sizeOf(append.records)
    const error = this.#refusal(append, bytes)
    if (error !== undefined) {
      call.settle(index, { error })
      return
    }
    this.#pendingBytes += bytes
    const job = new AppendJob({ call, index, release: this.#release }, append.records, bytes)
    call.add(job)
    const { metadata, policies } = this.#client
    const topic = metadata.cached(append.topic)
    if (topic !== undefined && hasPartition(topic, append.partition) && !policies.mustCheck(topic)) {
      this.#enqueue(this.#writerOf(topic, Number(append.partition)), job)
    } else void this.#submitLater(job, append)
  }

  #refusal({ topic, partition, records }: Append, bytes: number): StorageError | undefined {
    const where = `topic ${topic} partition ${partition}`
    if (this.#isClosed)
      return new StorageError('unavailable', `kafka cluster ${this.#client.clusterName} is stopped`)
    const refused = this.#client.policies.refusal(topic)
    if (refused !== undefined) return new StorageError('unavailable', refused)
    if (records.length === 0)
      return new StorageError('invalid', `${where}: an append has at least one record`)
    if (bytes > MAX_APPEND_BYTES)
      return new StorageError('tooLarge', `${where}: ${bytes} bytes are too large`)
    if (this.#pendingBytes + bytes > MAX_PENDING_BYTES) {
      return new StorageError(
        'overload',
        `over ${MAX_PENDING_BYTES} bytes wait for the brokers; nothing was stored`,
      )
    }
    return undefined
  }

  readonly #release = (bytes: number): void => {
    this.#pendingBytes -= bytes
    if (this.#pendingBytes === 0) this.#onIdle?.()
  }

  /** The topic or its partition is not known (yet), or it is to be looked at first. */
  async #submitLater(job: AppendJob, { topic, partition }: Append): Promise<void> {
    try {
      const found = await this.#client.metadata.topicWith(topic, partition)
      await this.#client.policies.check(found)
      this.#enqueue(this.#writerOf(found, Number(partition)), job)
    } catch (thrown) {
      job.fail(toStorageError(thrown, `topic ${topic}`))
    }
  }

  #writerOf(topic: TopicMetadata, index: number): PartitionWriter {
    let ofTopic = this.#writers.get(topic.name)
    if (ofTopic === undefined) {
      ofTopic = new Map()
      this.#writers.set(topic.name, ofTopic)
    }
    let writer = ofTopic.get(index)
    if (writer === undefined) {
      const { compression } = this.#client.settings
      writer = new PartitionWriter(topic.name, index, compression, spent => void this.#renew(spent))
      ofTopic.set(index, writer)
    }
    return writer
  }

  #enqueue(writer: PartitionWriter, job: AppendJob): void {
    if (job.isSettled) return
    writer.add(job)
    if (!writer.isScheduled) this.#schedule(writer)
  }

  #schedule(writer: PartitionWriter): void {
    writer.isScheduled = true
    const leader = this.#leaderOf(writer)
    if (leader === NO_LEADER) {
      writer.unsent(this.#noLeader(writer))
      this.#retryLater(writer)
    } else this.#senderOf(leader).add(writer)
  }

  readonly #leaderOf = ({ topic, index }: PartitionWriter): NodeId =>
    this.#client.metadata.cached(topic)?.partitions[index]?.leader ?? NO_LEADER

  /** The brokers say so; a topic that is not known may be gone. */
  #noLeader({ topic, index }: PartitionWriter): StorageError | undefined {
    if (this.#client.metadata.cached(topic) === undefined) return undefined
    const said = `topic ${topic} partition ${index} has no leader`
    return new StorageError('unavailable', `${said}; nothing was stored`)
  }

  #senderOf(node: NodeId): NodeSender {
    const known = this.#senders.get(node)
    if (known !== undefined) return known
    const deps: SenderDeps = {
      client: this.#client,
      identity: () => this.#producerIdentity(),
      done: this.#done,
      leaderOf: this.#leaderOf,
    }
    const sender = new NodeSender(node, deps)
    this.#senders.set(node, sender)
    return sender
  }

  readonly #done = (writer: PartitionWriter, outcome: 'idle' | 'again'): void => {
    writer.isScheduled = false
    if (outcome === 'again') {
      writer.isScheduled = true
      this.#retryLater(writer)
    } else if (writer.hasWork) this.#schedule(writer)
  }

  /** Asks for the leaders anew, waits a little longer each time, and sends to whoever leads then. */
  #retryLater(writer: PartitionWriter): void {
    const { clock, metrics, settings, clusterName: cluster } = this.#client
    metrics?.produceRetries.inc({ cluster })
    const nowMs = clock.monotonicMs()
    if (writer.failures <= 1) writer.failingSinceMs = nowMs
    if (nowMs - writer.failingSinceMs > settings.retryBudgetMs) {
      writer.failBatch(`not stored within the retry budget of ${settings.retryBudgetMs} ms`)
    }
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(writer.failures, 10), LONGEST_PAUSE_MS)
    writer.pauseUntil(nowMs + pauseMs)
    clock.schedule(pauseMs, () => void this.#retry(writer))
  }

  async #retry(writer: PartitionWriter): Promise<void> {
    try {
      await this.#client.metadata.refresh([writer.topic])
      await this.#client.metadata.topic(writer.topic)
    } catch (thrown) {
      if (thrown instanceof StorageError && thrown.kind === 'unknownTopic') writer.failAll(thrown)
    }
    writer.isScheduled = false
    if (writer.hasWork) this.#schedule(writer)
  }

  /** The epochs of that producer id are used up. */
  async #renew(spent: bigint): Promise<void> {
    const identity = this.#identity
    const current = await identity?.catch(() => undefined)
    if (current?.producerId === spent && this.#identity === identity) this.#identity = undefined
  }

  /** One for all partitions; an epoch of its own for each that lost track (W3). */
  #producerIdentity(): Promise<ProducerIdentity> {
    if (this.#identity !== undefined) return this.#identity
    const identity = this.#newIdentity()
    this.#identity = identity
    identity.catch(() => {
      if (this.#identity === identity) this.#identity = undefined
    })
    return identity
  }

  async #newIdentity(): Promise<ProducerIdentity> {
    const { producerId, producerEpoch, errorCode } = await this.#client.callAny(
      initProducerIdV4.api,
      NO_TRANSACTION,
      NO_TIMEOUT,
    )
    if (errorCode !== NO_ERROR) {
      const hint = isDenial(errorCode) ? 'this user may write to no topic: ACL Write' : undefined
      throw errorOfCode(errorCode, 'producer id', hint)
    }
    return { producerId, epoch: producerEpoch }
  }
}

function sizeOf(records: readonly LogRecord[]): number {
  let bytes = 0
  for (let index = 0; index < records.length; index++) {
    const record = records[index]
    if (record !== undefined) bytes += recordSize(record)
  }
  return bytes
}
