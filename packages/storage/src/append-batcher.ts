/**
 * Hot path: once per message of every producer.
 *
 * Gathers single appends above an engine, so that every engine gets group commit:
 *
 * A1 Per lane of the cluster at most one batch is in flight; the next leaves when it returns, with everything that came
 *    meanwhile, up to the limits. Nothing waits for a timer.
 * A2 Records of one partition are sent in the order of the calls, also when its lane changes meanwhile: what comes later
 *    follows into the old lane until nothing of the partition waits there.
 * A3 A record is answered once: by the outcome of its batch or at its deadline, whichever is first. At the deadline a
 *    record that is in no batch yet is withdrawn (`retriable`, nothing stored); one in flight is `outcomeUnknown`.
 * A4 A record's bytes are drawn from the budget from the call until it is neither queued nor in flight; where none can
 *    be drawn the call is refused at once with `overload`.
 * A5 After `stop` was called everything is refused with `unavailable`; what was accepted before is still sent.
 */
import type { ByteBudget } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import type { Component } from '@ddmq/common/lifecycle'
import { DeadlineWatch, Expiring } from './deadline-watch.ts'
import { StorageError } from './errors.ts'
import type { AppendOutcome, LogCluster } from './port/cluster.ts'
import type { LogRecord, PartitionId, TopicPartition } from './port/record.ts'

export interface AppendBatcherOptions {
  readonly cluster: Pick<LogCluster, 'append' | 'appendLane' | 'clusterName' | 'maxAppendBytes'>
  readonly clock: Clock
  readonly budget: ByteBudget
  /** Soft limit of one batch: a batch ends with the record that reaches it. */
  readonly maxBatchBytes?: number
  readonly maxBatchRecords?: number
}

const DEFAULT_MAX_BATCH_BYTES = 4 * 1024 * 1024
const DEFAULT_MAX_BATCH_RECORDS = 4096
/** What a record costs beside its bytes; also keeps empty ones from being free. */
const RECORD_OVERHEAD_BYTES = 64

const NO_HOME: Home = { lane: undefined, waiting: 0 }
const NO_RECORD: LogRecord = { key: null, value: null, headers: [], timestampMs: 0 }

/** Is told once what became of a record, at once where it is refused. Must not throw: others of its batch are told after it. */
export interface AppendListener {
  appended(offset: number): void
  notAppended(error: StorageError): void
}

/** One record that was given. The fields of the call are set right after its making; they are too many for a constructor. */
class PendingAppend extends Expiring {
  topic = ''
  partition: PartitionId = ''
  record = NO_RECORD
  bytes = 0
  home = NO_HOME
  inFlight = false
  settled = false
  readonly #watch: DeadlineWatch
  readonly #listener: AppendListener

  constructor(dueMs: number, watch: DeadlineWatch, listener: AppendListener) {
    super(dueMs)
    this.#watch = watch
    this.#listener = listener
  }

  succeed(offset: number): void {
    if (this.settled) return
    this.settled = true
    this.#watch.delete(this)
    this.#listener.appended(offset)
  }

  fail(error: StorageError): void {
    if (this.settled) return
    this.settled = true
    this.#watch.delete(this)
    this.#listener.notAppended(error)
  }

  expire(): void {
    if (this.inFlight) this.fail(new StorageError('outcomeUnknown', 'not acknowledged by the deadline'))
    else this.fail(new StorageError('retriable', 'withdrawn at the deadline before it was sent'))
  }
}

/** The records of one partition in a batch. */
class PartitionBatch {
  readonly topic: string
  readonly partition: PartitionId
  readonly records: LogRecord[] = []
  readonly calls: PendingAppend[] = []
  bytes = 0

  constructor(topic: string, partition: PartitionId) {
    this.topic = topic
    this.partition = partition
  }
}

/** What is sent together. */
class Batch {
  readonly partitions: PartitionBatch[] = []
  count = 0
  bytes = 0
  latestDueMs = 0
  readonly #byTopic = new Map<string, Map<PartitionId, PartitionBatch>>()

  /** Answers whether the record went in: what an engine takes as one append of a partition is limited. */
  tryAdd(call: PendingAppend, maxAppendBytes: number): boolean {
    const partition = this.#partitionOf(call)
    if (partition.bytes > 0 && partition.bytes + call.bytes > maxAppendBytes) return false
    partition.records.push(call.record)
    partition.calls.push(call)
    partition.bytes += call.bytes
    this.count++
    this.bytes += call.bytes
    if (call.dueMs > this.latestDueMs) this.latestDueMs = call.dueMs
    return true
  }

  #partitionOf({ topic, partition }: PendingAppend): PartitionBatch {
    let byPartition = this.#byTopic.get(topic)
    if (byPartition === undefined) {
      byPartition = new Map()
      this.#byTopic.set(topic, byPartition)
    }
    let batch = byPartition.get(partition)
    if (batch === undefined) {
      batch = new PartitionBatch(topic, partition)
      byPartition.set(partition, batch)
      this.partitions.push(batch)
    }
    return batch
  }
}

/** What waits for one lane. */
class Lane {
  readonly name: string
  queue: PendingAppend[] = []
  /** The loop that sends; undefined when there is nothing to send. */
  running: Promise<void> | undefined

  constructor(name: string) {
    this.name = name
  }
}

/** Where the calls of one partition wait (A2). */
interface Home {
  lane: Lane | undefined
  /** Of its calls, those that are in no batch yet. */
  waiting: number
}

export class AppendBatcher implements Component {
  readonly name: string
  readonly #cluster: AppendBatcherOptions['cluster']
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #maxBatchBytes: number
  readonly #maxBatchRecords: number
  readonly #watch: DeadlineWatch
  readonly #lanes = new Map<string, Lane>()
  readonly #homes = new Map<string, Map<PartitionId, Home>>()
  #stopped = false

  constructor(options: AppendBatcherOptions) {
    this.name = `append-batcher:${options.cluster.clusterName}`
    this.#cluster = options.cluster
    this.#clock = options.clock
    this.#budget = options.budget
    this.#maxBatchBytes = options.maxBatchBytes ?? DEFAULT_MAX_BATCH_BYTES
    this.#maxBatchRecords = options.maxBatchRecords ?? DEFAULT_MAX_BATCH_RECORDS
    this.#watch = new DeadlineWatch(options.clock)
  }

  async start(): Promise<void> {
    this.#stopped = false
  }

  /** Refuses new records, sends what it has; at the deadline answers the rest without waiting. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    const expire = (): void => this.#watch.expireAll()
    if (deadline.aborted) expire()
    deadline.addEventListener('abort', expire, { once: true })
    try {
      const idle = Promise.all(Array.from(this.#lanes.values(), async lane => lane.running))
      await Promise.race([idle, aborted(deadline)])
    } finally {
      deadline.removeEventListener('abort', expire)
    }
  }

  /**
   * Resolves with the record's offset when it is stored as durably as the cluster is configured. The record's bytes must
   * not change until then.
   */
  append(
    topic: string,
    partition: PartitionId,
    record: LogRecord,
    options: { readonly deadlineMs: number },
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const dueMs = this.#clock.monotonicMs() + options.deadlineMs
      this.submit({ topic, partition, record }, dueMs, { appended: resolve, notAppended: reject })
    })
  }

  /**
   * The same for a caller that keeps account of its records itself: it is told, and no promise is made for each. `dueMs` is
   * monotonic.
   */
  submit(
    { topic, partition, record }: TopicPartition & { readonly record: LogRecord },
    dueMs: number,
    listener: AppendListener,
  ): void {
    if (this.#stopped) {
      listener.notAppended(new StorageError('unavailable', `${this.name} is stopped`))
      return
    }
    const bytes = recordBytes(record)
    if (!this.#budget.tryDraw(bytes)) {
      listener.notAppended(
        new StorageError('overload', 'over the budget of bytes in memory; nothing was stored'),
      )
      return
    }
    const call = new PendingAppend(dueMs, this.#watch, listener)
    call.topic = topic
    call.partition = partition
    call.record = record
    call.bytes = bytes
    this.#watch.add(call)
    this.#enqueue(call)
  }

  #enqueue(call: PendingAppend): void {
    const home = this.#homeOf(call)
    const lane = home.waiting > 0 && home.lane !== undefined ? home.lane : this.#laneOf(call)
    home.lane = lane
    home.waiting++
    call.home = home
    lane.queue.push(call)
    lane.running ??= this.#send(lane)
  }

  #homeOf({ topic, partition }: PendingAppend): Home {
    let byPartition = this.#homes.get(topic)
    if (byPartition === undefined) {
      byPartition = new Map()
      this.#homes.set(topic, byPartition)
    }
    let home = byPartition.get(partition)
    if (home === undefined) {
      home = { lane: undefined, waiting: 0 }
      byPartition.set(partition, home)
    }
    return home
  }

  #laneOf({ topic, partition }: PendingAppend): Lane {
    const name = this.#cluster.appendLane(topic, partition)
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      lane = new Lane(name)
      this.#lanes.set(name, lane)
    }
    return lane
  }

  async #send(lane: Lane): Promise<void> {
    // Lets everything of the caller's turn join the first batch.
    await Promise.resolve()
    try {
      while (lane.queue.length > 0) {
        const batch = this.#take(lane)
        if (batch.count > 0) await this.#sendBatch(batch)
      }
      this.#lanes.delete(lane.name)
    } finally {
      lane.running = undefined
    }
  }

  /** The next records of a lane, grouped by partition. */
  #take(lane: Lane): Batch {
    const { queue } = lane
    const batch = new Batch()
    let taken = 0
    while (taken < queue.length && batch.bytes < this.#maxBatchBytes && batch.count < this.#maxBatchRecords) {
      const call = queue[taken]
      if (call === undefined) break
      if (call.settled) this.#budget.giveBack(call.bytes)
      else if (batch.tryAdd(call, this.#maxAppendBytes(call.topic))) call.inFlight = true
      // The order of its partition ends the batch here.
      else break
      call.home.waiting--
      taken++
    }
    // A new array: one that never runs empty would hold on to all that went through it.
    lane.queue = taken === queue.length ? [] : queue.slice(taken)
    return batch
  }

  #maxAppendBytes(topic: string): number {
    return this.#cluster.maxAppendBytes?.(topic) ?? Number.POSITIVE_INFINITY
  }

  async #sendBatch({ partitions, bytes, latestDueMs }: Batch): Promise<void> {
    try {
      const deadlineMs = Math.max(1, latestDueMs - this.#clock.monotonicMs())
      const outcomes = await this.#cluster.append(partitions, { deadlineMs })
      for (let index = 0; index < partitions.length; index++) settle(partitions[index], outcomes[index])
    } catch (thrown) {
      const error = toAppendError(thrown)
      for (const { calls } of partitions) for (const call of calls) call.fail(error)
    } finally {
      this.#budget.giveBack(bytes)
    }
  }
}

function settle(batch: PartitionBatch | undefined, outcome: AppendOutcome | undefined): void {
  if (batch === undefined) return
  for (let index = 0; index < batch.calls.length; index++) {
    const call = batch.calls[index]
    if (call === undefined) continue
    if (outcome === undefined) call.fail(new StorageError('outcomeUnknown', 'the engine gave no outcome'))
    else if ('error' in outcome) call.fail(outcome.error)
    else call.succeed(outcome.baseOffset + index)
  }
}

function toAppendError(thrown: unknown): StorageError {
  if (thrown instanceof StorageError) return thrown
  return new StorageError('outcomeUnknown', 'the append failed unexpectedly', { cause: thrown })
}

function recordBytes(record: LogRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  const { headers } = record
  for (let index = 0; index < headers.length; index++) {
    const header = headers[index]
    if (header !== undefined) bytes += header.name.length + header.value.length
  }
  return bytes
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
