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
import { AppendBatch, AppendHome, AppendLane } from './append-batch.ts'
import { DeadlineWatch } from './deadline-watch.ts'
import { StorageError } from './errors.ts'
import { type AppendListener, PendingAppend } from './pending-append.ts'
import type { LogCluster } from './port/cluster.ts'
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

export class AppendBatcher implements Component {
  readonly name: string
  readonly #cluster: AppendBatcherOptions['cluster']
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #maxBatchBytes: number
  readonly #maxBatchRecords: number
  readonly #watch: DeadlineWatch
  readonly #maxAppendBytes = (topic: string): number =>
    this.#cluster.maxAppendBytes?.(topic) ?? Number.POSITIVE_INFINITY
  /** Those that have something to send. */
  readonly #lanes = new Map<string, AppendLane>()
  readonly #homes = new Map<string, Map<PartitionId, AppendHome>>()
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
    const home = this.#homeOf(topic, partition)
    this.#enqueue(new PendingAppend({ home, record, bytes }, dueMs, this.#watch, listener))
  }

  #enqueue(call: PendingAppend): void {
    const { home } = call
    const lane = home.waiting > 0 && home.lane !== undefined ? home.lane : this.#laneOf(home)
    home.lane = lane
    home.waiting++
    lane.queue.push(call)
    lane.running ??= this.#send(lane)
  }

  #homeOf(topic: string, partition: PartitionId): AppendHome {
    let byPartition = this.#homes.get(topic)
    if (byPartition === undefined) {
      byPartition = new Map()
      this.#homes.set(topic, byPartition)
    }
    let home = byPartition.get(partition)
    if (home === undefined) {
      home = new AppendHome(topic, partition)
      byPartition.set(partition, home)
    }
    return home
  }

  #laneOf({ topic, partition }: AppendHome): AppendLane {
    const name = this.#cluster.appendLane(topic, partition)
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      lane = new AppendLane(name)
      this.#lanes.set(name, lane)
    }
    return lane
  }

  async #send(lane: AppendLane): Promise<void> {
    // Lets everything of the caller's turn join the first batch.
    await Promise.resolve()
    try {
      while (lane.queue.length > 0) {
        const batch = this.#take(lane)
        if (batch.count === 0) continue
        try {
          const deadlineMs = Math.max(1, batch.latestDueMs - this.#clock.monotonicMs())
          batch.settle(await this.#cluster.append(batch.partitions, { deadlineMs }))
        } catch (thrown) {
          batch.fail(toAppendError(thrown))
        } finally {
          this.#budget.giveBack(batch.bytes)
        }
      }
    } finally {
      lane.running = undefined
      if (lane.queue.length === 0) this.#lanes.delete(lane.name)
    }
  }

  /** The next records of a lane, grouped by partition. */
  #take(lane: AppendLane): AppendBatch {
    const { queue } = lane
    const batch = new AppendBatch(this.#maxAppendBytes)
    let taken = 0
    try {
      while (
        taken < queue.length &&
        batch.bytes < this.#maxBatchBytes &&
        batch.count < this.#maxBatchRecords
      ) {
        const call = queue[taken]
        if (call === undefined) break
        if (call.settled) this.#budget.giveBack(call.bytes)
        else if (batch.tryAdd(call)) call.inFlight = true
        // The order of its partition ends the batch here.
        else break
        call.home.waiting--
        taken++
      }
    } finally {
      batch.close()
    }
    // A new array: one that never runs empty would hold on to all that went through it.
    lane.queue = taken === queue.length ? [] : queue.slice(taken)
    return batch
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
