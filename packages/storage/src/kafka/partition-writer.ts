/**
 * Hot path: once per batch of a partition. The order of one partition and its place in Kafka's deduplication:
 *
 * W1 At most one batch of a partition is under way. It is sent again with the same sequence until the outcome is known, so
 *    the log has it once, wherever the partition is led by then.
 * W2 A batch of which nothing can have been stored is dissolved before it is sent again: what has expired meanwhile was
 *    answered "nothing stored" and must not be (J1).
 * W3 A batch of which the outcome is unknown is given up only when all its callers have their answer. From then on the
 *    partition has the next producer epoch, and its leader refuses the old batch should it still be on its way.
 * W4 After a refusal that may pass, what would be over by the next attempt is answered at once, with the leader's reason.
 */
import { StorageError } from '../errors.ts'
import type { LogRecord } from '../port/record.ts'
import type { AppendJob } from './append-job.ts'
import { codeName, errorOfCode, isAmbiguous, isPassing, NO_ERROR } from './kafka-errors.ts'
import type { PartitionBatch } from './produce-request.ts'
import { type Compression, encodeBatch, type ProducerIdentity } from './record-batch.ts'

/** Below the smallest limit that brokers have by default; a larger append has a batch of its own. */
const BATCH_BYTES = 1_000_000
/** Kafka counts epochs in 16 bits. */
const LAST_EPOCH = 32_000
const SEQUENCES = 2 ** 31

/** The broker has lost what it knew of this producer, or knows a newer epoch of it. */
const SEQUENCE_LOST: ReadonlySet<string> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_ID_MAPPING',
])

/** The leader may have appended before it lost the partition, or its disk: it says so also while it waits for the replicas. */
const MAYBE_APPENDED: ReadonlySet<string> = new Set(['NOT_LEADER_OR_FOLLOWER', 'KAFKA_STORAGE_ERROR'])

export type WriterState = 'idle' | 'again'

/** What is sent for a partition, and how many records that are. */
export interface CountedBatch extends PartitionBatch {
  readonly records: number
}

interface Batch extends CountedBatch {
  readonly jobs: readonly AppendJob[]
}

export class PartitionWriter {
  readonly topic: string
  readonly index: number
  /** Failures in a row. */
  failures = 0
  /** When the first of them was (monotonic). */
  failingSinceMs = 0
  /** Waits for a leader, for its turn, or is in a request. */
  isScheduled = false
  readonly #compression: Compression
  readonly #renew: (spent: bigint) => void
  #queue: AppendJob[] = []
  #batch: Batch | undefined
  #identity: ProducerIdentity | undefined
  /** The producer id whose epochs are used up. */
  #spent: bigint | undefined
  #sequence = 0
  /** A request with the batch under way has no answer. */
  #isUncertain = false
  /** So many appends of the queue have a batch of their own. */
  #alone = 0
  /** Why the last attempt stored nothing, where the cluster has said it, and when the next one is (monotonic). */
  #refusal: StorageError | undefined
  #resumesMs = 0

  /** `renew`: no more epochs of that producer id; the next one is to be another. */
  constructor(topic: string, index: number, compression: Compression, renew: (spent: bigint) => void) {
    this.topic = topic
    this.index = index
    this.#compression = compression
    this.#renew = renew
  }

  get hasWork(): boolean {
    return this.#batch !== undefined || this.#queue.length > 0
  }

  add(job: AppendJob): void {
    if (!this.#refuses(job)) this.#queue.push(job)
  }

  /** The next attempt is at `atMs` (monotonic). */
  pauseUntil(atMs: number): void {
    this.#resumesMs = atMs
    this.#queue = this.#queue.filter(job => !this.#refuses(job))
  }

  /** What is to be sent next; undefined when all that waited has expired. */
  next(producer: ProducerIdentity): CountedBatch | undefined {
    if (this.#batch !== undefined) {
      if (this.#batch.jobs.some(job => !job.isSettled)) return this.#batch
      this.#giveUp()
    }
    // It is asked again with another one.
    if (this.#identity === undefined && producer.producerId === this.#spent) return undefined
    const jobs = this.#take()
    if (jobs.length === 0) return undefined
    const identity = this.#identity ?? this.#become(producer)
    const records = jobs.length === 1 ? (jobs[0]?.records ?? []) : jobs.flatMap(job => job.records)
    this.#batch = {
      topic: this.topic,
      index: this.index,
      jobs,
      records: records.length,
      bytes: this.#encode(records, identity, jobs),
    }
    return this.#batch
  }

  /** The request is being written: from here on a broker may have it. */
  sending(): void {
    this.#refusal = undefined
    for (const job of this.#batch?.jobs ?? []) job.mayBeStored = true
  }

  /** Nobody got the request; `refusal` where the cluster said why. */
  unsent(refusal?: StorageError): void {
    this.#refusal = refusal
    const failures = this.failures + 1
    if (this.#batch?.jobs.every(job => job.isSettled)) this.#giveUp()
    else if (!this.#isUncertain) this.#dissolve()
    // Nobody waits for what has expired, and no budget counts it any more.
    this.#queue = this.#queue.filter(job => !job.isSettled)
    this.failures = failures
  }

  /** There is no answer: it may be stored. */
  unanswered(): void {
    this.failures++
    this.#isUncertain = true
  }

  /** Takes the leader's answer; `again` when the batch must be sent again, after the leaders are known anew. */
  answered(code: number, baseOffset: number, message: string | null): WriterState {
    const batch = this.#batch
    if (batch === undefined) return 'idle'
    if (code === NO_ERROR) return this.#succeed(batch, baseOffset)
    const name = codeName(code)
    if (isAmbiguous(code) || MAYBE_APPENDED.has(name)) {
      this.unanswered()
      return 'again'
    }
    if (SEQUENCE_LOST.has(name)) return this.#sequenceLost(batch, code)
    if (name === 'DUPLICATE_SEQUENCE_NUMBER') {
      const error = new StorageError(
        'outcomeUnknown',
        `${this.#where()}: stored, at an offset that is not known any more`,
      )
      return this.#finish(batch, error)
    }
    if (isPassing(code)) {
      this.failures++
      if (!this.#isUncertain) {
        const said = errorOfCode(code, this.#where(), message).message
        this.#refusal = new StorageError('unavailable', `${said}; nothing was stored`)
        this.#dissolve()
      }
      return 'again'
    }
    return this.#refused(batch, code, message)
  }

  /** Answers everything that waits or is under way. */
  failAll(error: StorageError): void {
    const underWay = this.#batch?.jobs ?? []
    const unsent = this.#queue
    const told = this.#isUncertain
      ? new StorageError('outcomeUnknown', `${this.#where()}: not acknowledged; ${error.message}`)
      : error
    this.#queue = []
    if (this.#batch !== undefined) this.#giveUp()
    for (const job of underWay) job.fail(told)
    for (const job of unsent) job.fail(error)
  }

  /** Nothing may be sent, so all that is not sent is answered. A batch that may be stored is tried on. */
  deny(error: StorageError): void {
    if (this.#batch === undefined) this.failAll(error)
  }

  /** Answers the batch under way, as far as its outcome is known. */
  failBatch(reason: string): void {
    const kind = this.#isUncertain ? 'outcomeUnknown' : 'retriable'
    const error = new StorageError(kind, `${this.#where()}: ${reason}`)
    const jobs = this.#batch?.jobs ?? this.#queue.splice(0)
    if (this.#batch !== undefined) this.#giveUp()
    for (const job of jobs) job.fail(error)
  }

  /** Answers what cannot be tried again in time (W4). */
  #refuses(job: AppendJob): boolean {
    if (this.#refusal === undefined || job.dueMs > this.#resumesMs) return false
    job.fail(this.#refusal)
    return true
  }

  #take(): AppendJob[] {
    const jobs: AppendJob[] = []
    let bytes = 0
    let taken = 0
    for (; taken < this.#queue.length; taken++) {
      const job = this.#queue[taken]
      if (job === undefined || job.isSettled) continue
      if (jobs.length > 0 && (this.#alone > 0 || bytes + job.bytes > BATCH_BYTES)) break
      jobs.push(job)
      bytes += job.bytes
    }
    if (this.#alone > 0) this.#alone--
    this.#queue = taken === this.#queue.length ? [] : this.#queue.slice(taken)
    return jobs
  }

  #encode(records: readonly LogRecord[], identity: ProducerIdentity, jobs: readonly AppendJob[]): Buffer {
    const maxBytes = jobs.reduce((sum, job) => sum + job.bytes, 0)
    return encodeBatch(
      records,
      { ...identity, sequence: this.#sequence },
      { compression: this.#compression, maxBytes },
    )
  }

  #succeed(batch: Batch, baseOffset: number): WriterState {
    let offset = baseOffset
    for (const job of batch.jobs) {
      job.succeed(offset)
      offset += job.records.length
    }
    return this.#finish(batch)
  }

  /** The log has the batch: the next one follows it. */
  #finish(batch: Batch, error?: StorageError): WriterState {
    if (error !== undefined) for (const job of batch.jobs) job.fail(error)
    this.#sequence = (this.#sequence + batch.records) % SEQUENCES
    this.#batch = undefined
    this.#isUncertain = false
    this.failures = 0
    return 'idle'
  }

  #sequenceLost(batch: Batch, code: number): WriterState {
    if (this.#isUncertain) {
      const error = new StorageError(
        'outcomeUnknown',
        `${this.#where()}: ${codeName(code)} after an answer was lost`,
      )
      for (const job of batch.jobs) job.fail(error)
      this.#giveUp()
      return 'idle'
    }
    this.failures++
    this.#nextEpoch()
    this.#dissolve()
    return 'again'
  }

  /** The broker will not have it, and the sequence stays free for the next. */
  #refused(batch: Batch, code: number, message: string | null): WriterState {
    // What was merged here is sent apart, so that one append does not answer for another.
    if (batch.jobs.length > 1 && !this.#isUncertain) {
      this.#alone = batch.jobs.length
      this.#dissolve()
      return 'again'
    }
    const refusal = errorOfCode(code, this.#where(), message)
    const error = this.#isUncertain ? new StorageError('outcomeUnknown', refusal.message) : refusal
    for (const job of batch.jobs) job.fail(error)
    this.#giveUp()
    return 'idle'
  }

  /** Back into the queue with those that still wait for an answer; nothing of it was stored. */
  #dissolve(): void {
    const jobs = this.#batch?.jobs ?? []
    this.#batch = undefined
    for (const job of jobs) job.mayBeStored = false
    this.#queue = [...jobs.filter(job => !job.isSettled), ...this.#queue]
  }

  #giveUp(): void {
    if (this.#isUncertain) this.#nextEpoch()
    this.#batch = undefined
    this.#isUncertain = false
    this.failures = 0
  }

  #nextEpoch(): void {
    if (this.#identity === undefined) return
    const epoch = this.#identity.epoch + 1
    // The next batch begins with another producer, which the broker has not heard of.
    if (epoch > LAST_EPOCH) {
      this.#spent = this.#identity.producerId
      this.#identity = undefined
      this.#renew(this.#spent)
    } else this.#become({ ...this.#identity, epoch })
  }

  #become(identity: ProducerIdentity): ProducerIdentity {
    this.#identity = identity
    this.#sequence = 0
    return identity
  }

  #where(): string {
    return `topic ${this.topic} partition ${this.index}`
  }
}
