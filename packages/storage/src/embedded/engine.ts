import { ByteBudget } from '@ddmq/common/async'
import { AppendCall } from '../append-call.ts'
import { DeadlineWatch } from '../deadline-watch.ts'
import { StorageError } from '../errors.ts'
import type { Append, AppendOutcome, CallOptions } from '../port/cluster.ts'
import type { CommittedOffset, Membership } from '../port/membership.ts'
import { checkHolderName, checkTopicName } from '../port/names.ts'
import type { Transactor } from '../port/transactor.ts'
import { RocksStore } from '../rocksdb/index.ts'
import { AppendJob } from './append-job.ts'
import { type CheckedAppend, EmbeddedTransactor, type TransactorDeps } from './embedded-transactor.ts'
import { asStorageError, GroupCommit } from './group-commit.ts'
import { GroupCoordinator } from './group-coordinator.ts'
import type { MemberWish } from './group-member.ts'
import { GroupOffsets } from './group-offsets.ts'
import { transactorKey } from './keys.ts'
import { LogReader } from './log-reader.ts'
import { type EngineTally, engineTally } from './metrics.ts'
import { DEFAULTS, type EmbeddedClusterOptions } from './options.ts'
import { checkedRecordBytes } from './record-size.ts'
import { beginEpoch, type EngineState, loadState, uint32 } from './recovery.ts'
import { enforceRetention, type RetentionResult } from './retention.ts'
import { SingleAppend, type SingleAppendDeps } from './single-append.ts'
import type { Staging } from './staging.ts'
import { forgetCached, TailCache } from './tail-cache.ts'
import { commitTask, type Task } from './task-job.ts'
import { Topics } from './topics.ts'

/** An open store and everything that works on it. Made by `open`, used until `close`. */
export class Engine {
  readonly store: RocksStore
  readonly state: EngineState
  readonly commits: GroupCommit
  readonly reader: LogReader
  readonly #options: EmbeddedClusterOptions
  readonly #tail: TailCache
  readonly #watch: DeadlineWatch
  readonly #pending: ByteBudget
  readonly #groups = new Map<string, GroupCoordinator>()
  readonly #tally: EngineTally
  readonly #maxRecordBytes: number
  readonly #release: (bytes: number) => void
  readonly #transactorDeps: TransactorDeps
  readonly #singleDeps: SingleAppendDeps

  private constructor(options: EmbeddedClusterOptions, store: RocksStore, state: EngineState) {
    const { clock } = options
    this.#options = options
    this.store = store
    this.state = state
    this.reader = new LogReader({ store, topics: state.topics, clock, epoch: state.epoch })
    this.#tail = new TailCache(options.tailCacheBytes ?? DEFAULTS.tailCacheBytes)
    this.#watch = new DeadlineWatch(clock)
    this.#pending = new ByteBudget(options.maxPendingBytes ?? DEFAULTS.maxPendingBytes)
    this.#release = bytes => this.#pending.giveBack(bytes)
    this.#singleDeps = { watch: this.#watch, release: this.#release }
    this.#maxRecordBytes = options.maxRecordBytes ?? DEFAULTS.maxRecordBytes
    this.#tally = engineTally(options.metrics, options.clusterName)
    this.commits = new GroupCommit(store, {
      clock,
      maxBatchBytes: options.maxBatchBytes ?? DEFAULTS.maxBatchBytes,
      epoch: state.epoch,
      onCommitted: staging => this.#onCommitted(staging),
      recover: () => this.#recover(),
    })
    this.#transactorDeps = this.#createTransactorDeps()
  }

  static async open(options: EmbeddedClusterOptions): Promise<Engine> {
    const { dir, fsync, clock, freeSpace } = options
    const freeSpaceFloorBytes = options.freeSpaceFloorBytes ?? DEFAULTS.freeSpaceFloorBytes
    const store = await RocksStore.open({ dir, fsync, clock, freeSpaceFloorBytes, freeSpace })
    try {
      const topics = new Topics()
      const offsets = new GroupOffsets(topics)
      const epoch = await beginEpoch(store, clock.nowMs())
      const state: EngineState = { topics, offsets, transactors: new Map(), nextTopic: 1, epoch }
      await loadState(store, state)
      return new Engine(options, store, state)
    } catch (thrown) {
      await store.close()
      throw thrown
    }
  }

  /** Wakes whoever waits, writes what was accepted, closes the store. */
  async close(): Promise<void> {
    for (const group of this.#groups.values()) group.close()
    this.reader.close()
    await this.commits.close()
    this.#tail.clear()
    await this.store.close()
  }

  append(appends: readonly Append[], { deadlineMs, signal }: CallOptions): Promise<readonly AppendOutcome[]> {
    if (appends.length === 0) return Promise.resolve([])
    return new Promise(resolve => {
      const dueMs = this.#options.clock.monotonicMs() + deadlineMs
      if (appends.length === 1) return this.#appendOne(appends[0], dueMs, signal, resolve)
      const call = new AppendCall(appends.length, dueMs, this.#watch, resolve)
      for (let index = 0; index < appends.length; index++) this.#submit(call, index, appends[index])
      if (signal !== undefined) call.expireOn(signal)
    })
  }

  #appendOne(
    append: Append | undefined,
    dueMs: number,
    signal: AbortSignal | undefined,
    resolve: (outcomes: readonly AppendOutcome[]) => void,
  ): void {
    try {
      const job = new SingleAppend(dueMs, this.#admit(append), this.#singleDeps, resolve)
      this.commits.submit(job)
      if (signal !== undefined) job.expireOn(signal)
    } catch (thrown) {
      resolve([{ error: asStorageError(thrown) }])
    }
  }

  join(group: string, topics: readonly string[], wish: MemberWish): Membership {
    checkHolderName('group', group)
    for (const topic of topics) checkTopicName(topic)
    return this.group(group).join(topics, wish)
  }

  group(group: string): GroupCoordinator {
    let coordinator = this.#groups.get(group)
    if (coordinator === undefined) {
      const { clock, log, drainMs = DEFAULTS.drainMs } = this.#options
      const { topics, offsets } = this.state
      const store = this.commitOffsets.bind(this)
      coordinator = new GroupCoordinator(group, { topics, offsets, clock, log, drainMs, store })
      this.#groups.set(group, coordinator)
    }
    return coordinator
  }

  /** Groups that have members, by name. */
  liveGroups(): ReadonlyMap<string, GroupCoordinator> {
    return new Map([...this.#groups].filter(([, group]) => group.size > 0))
  }

  /** Finds out whether writes are possible again: where nobody writes because it is not ready, nothing else would. */
  heal(): void {
    const attempt = this.store.failed
      ? commitTask(this.commits, { stage: () => undefined })
      : this.store.checkSpace()
    attempt.catch(() => undefined) // health keeps saying why
  }

  /** Partitions came or went. */
  rebalanceGroups(): void {
    for (const group of this.#groups.values()) group.rebalance()
  }

  /** `check` is called at the moment that decides, when the offsets join their batch; it throws to refuse. */
  async commitOffsets(group: string, offsets: readonly CommittedOffset[], check: () => void): Promise<void> {
    const resolved = offsets.map(offset => this.state.offsets.resolve(offset))
    await commitTask(this.commits, {
      stage: ({ batch }) => {
        check()
        this.state.offsets.stage(batch, group, resolved)
      },
      committed: () => this.state.offsets.apply(group, resolved),
    })
  }

  async transactor(id: string): Promise<Transactor> {
    checkHolderName('transactional id', id)
    const { transactors } = this.state
    let [epoch, previous] = [0, 0]
    await commitTask(this.commits, {
      stage: ({ batch }) => {
        previous = transactors.get(id) ?? 0
        epoch = previous + 1
        batch.put(transactorKey(id), uint32(epoch))
        // From here on older holders are fenced, also those whose commit comes later in this batch.
        transactors.set(id, epoch)
      },
      undo: () => transactors.set(id, previous),
    })
    return new EmbeddedTransactor(id, epoch, this.#transactorDeps)
  }

  async enforceRetention(): Promise<RetentionResult> {
    const { store, state, commits } = this
    const tombstoneRetentionMs = this.#options.tombstoneRetentionMs ?? DEFAULTS.tombstoneRetentionMs
    const deps = { store, topics: state.topics, commits, tombstoneRetentionMs }
    const result = await enforceRetention(deps, this.#options.clock.nowMs())
    this.#tally.trimmed += result.partitions
    return result
  }

  #submit(call: AppendCall, index: number, append: Append | undefined): void {
    try {
      const job = new AppendJob(call, index, this.#admit(append), this.#release)
      call.add(job)
      this.commits.submit(job)
    } catch (thrown) {
      call.settle(index, { error: asStorageError(thrown) })
    }
  }

  #admit(append: Append | undefined): CheckedAppend {
    if (append === undefined) throw new StorageError('invalid', 'an append is missing')
    const checked = this.#check(append)
    if (!this.#pending.tryDraw(checked.bytes)) {
      throw new StorageError('overload', 'too many bytes wait for the writer; nothing was stored')
    }
    return checked
  }

  #check({ topic, partition, records }: Append): CheckedAppend {
    const log = this.state.topics.log(topic, partition)
    if (records.length === 0) throw new StorageError('invalid', 'an append has at least one record')
    if (log.topic.compacted && records.some(({ key }) => key === null)) {
      throw new StorageError('invalid', `topic ${topic} is compacted: a record needs a key`)
    }
    let bytes = 0
    for (let index = 0; index < records.length; index++) {
      const record = records[index]
      if (record !== undefined) bytes += checkedRecordBytes(record, this.#maxRecordBytes)
    }
    return { log, records, bytes }
  }

  #onCommitted(staging: Staging): void {
    const blocks = staging.apply()
    for (let index = 0; index < blocks.length; index++) {
      const block = blocks[index]
      if (block !== undefined) this.#tail.add(block)
    }
    for (const { log, offset } of staging.removed) forgetCached(log, offset)
    for (let index = 0; index < staging.logs.length; index++) staging.logs[index]?.wake()
    this.#count(staging)
  }

  #count(staging: Staging): void {
    const tally = this.#tally
    tally.batches++
    tally.records += staging.records
    tally.bytes += staging.bytes
    tally.tailCacheBytes = this.#tail.bytes
    tally.writable = true
  }

  async #recover(): Promise<void> {
    this.#tally.writable = false
    this.#tail.clear()
    await this.store.reopen()
    await loadState(this.store, this.state)
    this.#options.log.warn({ dir: this.store.dir }, 'store opened again after a failed write')
  }

  #createTransactorDeps(): TransactorDeps {
    const { transactors, offsets } = this.state
    return {
      currentEpoch: id => transactors.get(id),
      check: append => this.#check(append),
      resolveOffset: offset => offsets.resolve(offset),
      stageOffsets: ({ batch }, group, resolved) => offsets.stage(batch, group, resolved),
      applyOffsets: (group, resolved) => offsets.apply(group, resolved),
      run: (task, options) => this.#run(task, options),
    }
  }

  #run(task: Task, { deadlineMs }: CallOptions): Promise<void> {
    const dueMs = this.#options.clock.monotonicMs() + deadlineMs
    return commitTask(this.commits, task, { dueMs, watch: this.#watch })
  }
}
