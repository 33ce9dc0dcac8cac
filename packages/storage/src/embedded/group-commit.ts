/**
 * The one writer of the store.
 *
 * E4 Everything that arrives while a write is in flight goes into the next batch together: appends of all partitions,
 *    offsets, transactions, changes of topics, up to the size of a batch. Jobs are staged in the order they came.
 *    A job is told of its outcome only after the write of its batch has resolved, so what is acknowledged is as durable
 *    as configured.
 */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '@ddmq/common/clock'
import { StorageError } from '../errors.ts'
import { type RocksStore } from '../rocksdb/index.ts'
import { BlockMemory } from './block-memory.ts'
import type { TableAppend } from './compacted-table.ts'
import { Staging } from './staging.ts'

export interface WriteJob {
  /** Set by the owner before it is staged: the job is dropped, and its owner has answered already. */
  withdrawn: boolean
  /** True from when it is part of a write: it may be stored, whatever happens. */
  staged: boolean
  /** Records for compacted topics, whose keys are looked up before staging. */
  readonly tableAppends?: readonly TableAppend[] | undefined
  /** Adds its part, all or nothing; throwing refuses this job alone. */
  stage(staging: Staging): void
  committed(): void
  failed(error: StorageError): void
}

export interface GroupCommitOptions {
  readonly clock: Clock
  readonly maxBatchBytes: number
  /** Of the engine: what is written now is written in it. */
  readonly epoch: number
  /** After each batch that was written, before its jobs hear of it. */
  readonly onCommitted: (staging: Staging) => void
  /** Opens the store again after a failed write and reads the state anew. */
  readonly recover: () => Promise<void>
}

const RECOVER_INTERVAL_MS = 1000
/** Of a batch with records of compacted topics, which are several operations each; it ends with the job that reaches it. */
const MAX_TABLE_RECORDS = 2000
/** Operations that take the event loop so long, a millisecond or more, that it does something else before they are written. */
const LARGE_BATCH = 1000
const NO_APPENDS: readonly TableAppend[] = []

export class GroupCommit {
  readonly #store: RocksStore
  readonly #options: GroupCommitOptions
  readonly #memory = new BlockMemory()
  #queue: WriteJob[] = []
  #running: Promise<void> | undefined
  #closed = false
  #nextRecoverMs = Number.NEGATIVE_INFINITY
  /** End of the jobs whose keys were looked up: the others, also those that arrive meanwhile, wait for the next batch. */
  #lookedUp = 0

  constructor(store: RocksStore, options: GroupCommitOptions) {
    this.#store = store
    this.#options = options
  }

  submit(job: WriteJob): void {
    if (this.#closed) {
      job.failed(new StorageError('unavailable', 'the engine is stopped'))
      return
    }
    this.#queue.push(job)
    this.#running ??= this.#run()
  }

  /** Takes no new jobs and resolves when those it has are written. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(): Promise<void> {
    // Lets everything of the caller's turn join the first batch.
    await Promise.resolve()
    while (this.#queue.length > 0) await this.#writeNext()
    this.#running = undefined
  }

  async #writeNext(): Promise<void> {
    const taken: WriteJob[] = []
    try {
      if (this.#store.failed) await this.#recover()
      const { clock, epoch } = this.#options
      const staging = new Staging({ nowMs: clock.nowMs(), epoch, memory: this.#memory })
      const lookUp = this.#lookUp(staging)
      if (lookUp !== undefined) await lookUp
      this.#stage(staging, taken)
      if (taken.length === 0) return
      const { length } = staging.batch.operations
      // What was built and what the library makes of it are two stretches of the event loop then.
      if (length > LARGE_BATCH) await setImmediate()
      if (length > 0) await this.#store.write(staging.batch)
      this.#options.onCommitted(staging)
      for (let index = 0; index < taken.length; index++) taken[index]?.committed()
    } catch (thrown) {
      const error = asStorageError(thrown)
      // What they changed when they were staged is undone from the last to the first.
      for (const job of taken.length > 0 ? taken.toReversed() : this.#takeAll()) job.failed(error)
    }
  }

  #stage(staging: Staging, taken: WriteJob[]): void {
    try {
      this.#stageNext(staging, taken)
      staging.encode()
    } finally {
      staging.release()
    }
  }

  #stageNext(staging: Staging, taken: WriteJob[]): void {
    let next = 0
    while (next < this.#lookedUp && staging.bytes < this.#options.maxBatchBytes) {
      const job = this.#queue[next++]
      if (job === undefined || job.withdrawn) continue
      try {
        job.stage(staging)
        job.staged = true
        taken.push(job)
      } catch (thrown) {
        job.failed(asStorageError(thrown))
      }
    }
    // A new array: one that never runs empty would hold on to the records of all that went through it.
    this.#queue = next === this.#queue.length ? [] : this.#queue.slice(next)
  }

  /** Undefined where there is nothing to look up: without a compacted topic that costs no promise. */
  #lookUp(staging: Staging): Promise<void> | undefined {
    const appends: TableAppend[] = []
    let [index, records] = [0, 0]
    while (index < this.#queue.length && records < MAX_TABLE_RECORDS) {
      const job = this.#queue[index++]
      if (job === undefined || job.withdrawn) continue
      for (const append of job.tableAppends ?? NO_APPENDS) {
        appends.push(append)
        records += append.records.length
      }
    }
    this.#lookedUp = index
    return appends.length > 0 ? staging.table.load(this.#store, appends) : undefined
  }

  async #recover(): Promise<void> {
    const nowMs = this.#options.clock.monotonicMs()
    if (nowMs < this.#nextRecoverMs) {
      throw new StorageError('unavailable', 'the store failed a write and could not be opened again yet')
    }
    this.#nextRecoverMs = nowMs + RECOVER_INTERVAL_MS
    try {
      await this.#options.recover()
    } catch (thrown) {
      const { message, details } = asStorageError(thrown)
      throw new StorageError('unavailable', `recovering from a failed write: ${message}`, {
        cause: thrown,
        details,
      })
    }
  }

  #takeAll(): WriteJob[] {
    const jobs = this.#queue.filter(job => !job.withdrawn)
    this.#queue = []
    return jobs
  }
}

export function asStorageError(thrown: unknown): StorageError {
  if (thrown instanceof StorageError) return thrown
  return new StorageError('outcomeUnknown', 'unexpected failure of the storage engine', { cause: thrown })
}
