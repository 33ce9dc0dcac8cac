import type { Health } from '@ddmq/common/lifecycle'
import { StorageError } from '../errors.ts'
import type { LogAdmin } from '../port/admin.ts'
import type {
  Append,
  AppendOutcome,
  CallOptions,
  Capabilities,
  LogCluster,
  LogIdentity,
  Position,
  ReadLimits,
  ReadResult,
} from '../port/cluster.ts'
import type { AssignmentListener, JoinOptions, Membership } from '../port/membership.ts'
import type { PartitionId } from '../port/record.ts'
import type { Transactor } from '../port/transactor.ts'
import { EmbeddedAdmin } from './embedded-admin.ts'
import { Engine } from './engine.ts'
import { endOfEpoch } from './log-epochs.ts'
import { DEFAULTS, type EmbeddedClusterOptions } from './options.ts'
import type { RetentionResult } from './retention.ts'

/**
 * A broker cluster inside this process: one folder, one RocksDB (SPEC.md). One process owns the folder.
 */
export class EmbeddedCluster implements LogCluster {
  readonly name: string
  readonly clusterName: string
  readonly admin: LogAdmin
  readonly capabilities: Capabilities = {
    transactions: true,
    compaction: true,
    commitMetadata: true,
    offsetByTime: true,
    addPartitions: true,
  }
  readonly #options: EmbeddedClusterOptions
  #engine: Engine | undefined
  #stopping = new AbortController()
  #retention: Promise<void> = Promise.resolve()

  constructor(options: EmbeddedClusterOptions) {
    this.name = `embedded-cluster:${options.clusterName}`
    this.clusterName = options.clusterName
    this.#options = options
    this.admin = new EmbeddedAdmin(options, () => this.#running())
  }

  /** Rejects `unavailable` when the folder is in use or the library is missing, `corrupt` when the log is damaged. */
  async start(): Promise<void> {
    this.#engine = await Engine.open(this.#options)
    this.#stopping = new AbortController()
    this.#retention = this.#enforceRetentionRegularly(this.#stopping.signal)
  }

  /**
   * Refuses new calls, ends long polls, writes what was accepted. Rejects at the deadline; a disk that does not answer can
   * hold a write for ever, and then the folder stays in use until the process ends.
   */
  async stop(deadline?: AbortSignal): Promise<void> {
    const engine = this.#engine
    this.#engine = undefined
    this.#stopping.abort()
    const closed = this.#retention.then(() => engine?.close())
    await (deadline === undefined ? closed : Promise.race([closed, rejectedAt(deadline)]))
  }

  health(): Health {
    const engine = this.#engine
    if (engine === undefined) return { ok: false, reason: 'not started' }
    const { store } = engine
    if (!store.failed && !store.belowSpaceFloor) return { ok: true }
    engine.heal()
    const reason = store.failed
      ? 'a write failed; the store is being opened again'
      : `too little disk space in ${store.dir}`
    return { ok: false, reason }
  }

  /** Not `async`: hot path, and the engine's promise is the answer. */
  append(appends: readonly Append[], options: CallOptions): Promise<readonly AppendOutcome[]> {
    if (this.#engine === undefined) return Promise.reject(this.#notRunning())
    return this.#engine.append(appends, options)
  }

  /** All partitions share the one writer. */
  appendLane(): string {
    return this.clusterName
  }

  partitions(topic: string): readonly PartitionId[] {
    return this.#running().state.topics.get(topic).partitionIds
  }

  async read(
    positions: readonly Position[],
    limits: ReadLimits,
    options: CallOptions,
  ): Promise<readonly ReadResult[]> {
    return this.#running().reader.read(positions, limits, options)
  }

  async join(
    group: string,
    topics: readonly string[],
    listener: AssignmentListener,
    options: JoinOptions = {},
  ): Promise<Membership> {
    return this.#running().join(group, topics, { listener, ...options })
  }

  async transactor(id: string): Promise<Transactor> {
    return this.#running().transactor(id)
  }

  async identity(topic: string, partition: PartitionId): Promise<LogIdentity> {
    const { topics, epoch } = this.#running().state
    const log = topics.log(topic, partition)
    const { startOffset, endOffset } = log
    return { topicId: log.topic.entry.topicId, epoch, startOffset, endOffset }
  }

  async endOfEpoch(topic: string, partition: PartitionId, epoch: number): Promise<number> {
    const log = this.#running().state.topics.log(topic, partition)
    return endOfEpoch(log.epochs, epoch, log.endOffset)
  }

  /** One pass of retention now. It also runs regularly. */
  async enforceRetention(): Promise<RetentionResult> {
    return this.#running().enforceRetention()
  }

  #running(): Engine {
    if (this.#engine === undefined) throw this.#notRunning()
    return this.#engine
  }

  #notRunning(): StorageError {
    return new StorageError('unavailable', `${this.name} is not running`)
  }

  async #enforceRetentionRegularly(stopping: AbortSignal): Promise<void> {
    const { clock, log, retentionIntervalMs = DEFAULTS.retentionIntervalMs } = this.#options
    for (;;) {
      try {
        await clock.sleep(retentionIntervalMs, stopping)
        const result = await this.#engine?.enforceRetention()
        log.debug(result, 'retention enforced')
      } catch (err) {
        if (stopping.aborted) return
        log.warn({ err }, 'retention failed; it is tried again')
      }
    }
  }
}

function rejectedAt(deadline: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const expire = (): void =>
      reject(new StorageError('unavailable', 'the engine was still writing at the deadline'))
    if (deadline.aborted) expire()
    deadline.addEventListener('abort', expire, { once: true })
  })
}
