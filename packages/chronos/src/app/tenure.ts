/**
 * The time in which this process owns a shard: from one takeover to the first error of its transactor (SPEC.md I5).
 *
 * N1 It begins with a barrier that was committed through its own transactor and read back; both transactional ids of the shard
 *    are opened before, so that nothing of an older tenure can be committed any more.
 * N2 Nothing is chosen, by the loop or by the cautious lane, before what either committed is in the index (I2): `mustReadTo`. What
 *    is committed may become readable later, and the end of the log lies before it until then.
 * N3 After any error, and when the log lost what was committed before it was read, it is over; what became of the last
 *    transaction is what the log says to the next tenure.
 */
import { randomUUID } from 'node:crypto'
import type { Clock } from '@ddmq/common/clock'
import {
  type Append,
  type LogCluster,
  type LogRecord,
  type PartitionId,
  StorageError,
  type Transactor,
} from '@ddmq/storage'
import { barrierRecord } from '@ddmq/storage/delay'
import { cutByBytes } from '../core/cut-by-bytes.ts'
import { OrderedAppends } from './ordered-appends.ts'

const BARRIER_DEADLINE_MS = 15_000

export interface TenureDeps {
  readonly cluster: LogCluster
  readonly topic: string
  readonly shard: PartitionId
  readonly clock: Clock
}

/** How far the table was read, and which log answered (see `ShardTail`). */
interface ReadSoFar {
  readonly offset: number
  readonly endOffset: number
  readonly epoch: number
}

/** When a record of ours was sent, and what time the log gave it. */
export interface Witness {
  readonly nonce: string
  readonly sentMonotonicMs: number
}

export class Tenure {
  readonly #deps: TenureDeps
  readonly #main: Transactor
  #mustReadTo = 0
  /** Of the log when all that was committed had been read. */
  #epoch: number | undefined

  private constructor(deps: TenureDeps, main: Transactor) {
    this.#deps = deps
    this.#main = main
  }

  /** Opens the transactors; the barrier follows. */
  static async begin(deps: TenureDeps): Promise<Tenure> {
    const { topic, shard } = deps
    const main = await transactorOf(deps, transactionalId(topic, shard))
    const cautious = await transactorOf(deps, cautiousId(topic, shard))
    await cautious.close()
    return new Tenure(deps, main)
  }

  /** The index has to be at least there before something is chosen. */
  get mustReadTo(): number {
    return this.#mustReadTo
  }

  /** Commits a barrier: who reads it has read everything of older tenures, and the log's time of now. */
  async barrier(): Promise<Witness> {
    const { clock } = this.#deps
    const nonce = randomUUID()
    const sentMonotonicMs = clock.monotonicMs()
    await this.commit([], [barrierRecord(nonce, clock.nowMs())], BARRIER_DEADLINE_MS)
    return { nonce, sentMonotonicMs }
  }

  /** Deliveries and what the table says afterwards, all or nothing. */
  commit(deliveries: readonly Append[], records: readonly LogRecord[], deadlineMs: number): Promise<void> {
    const table = this.tableAppends(records)
    const lastCount = table.at(-1)?.records.length
    const committed = this.#main.commit([...deliveries, ...table], { deadlineMs })
    return committed.then(baseOffsets => this.committed(baseOffsets, lastCount))
  }

  /** Records of the table as they are appended: in parts, where they are more than an append may be. */
  tableAppends(records: readonly LogRecord[]): readonly Append[] {
    const { cluster, topic, shard } = this.#deps
    const parts = cutByBytes(records, cluster.maxAppendBytes?.(topic))
    return parts.map(part => ({ topic, partition: shard, records: part }))
  }

  /**
   * What a transactor of this tenure committed, the appends of the table last (N2); told before anything is chosen again.
   * `baseOffsets`: of all appends; `lastCount`: records of the last one.
   */
  committed(baseOffsets: readonly number[], lastCount: number | undefined): void {
    const baseOffset = baseOffsets.at(-1)
    if (baseOffset === undefined || lastCount === undefined)
      throw new StorageError('outcomeUnknown', 'the commit has no offset in the table')
    this.#mustReadTo = Math.max(this.#mustReadTo, baseOffset + lastCount)
  }

  /**
   * Whether all that was committed has been read. Throws when it never will be (I7): another log answers since then, and it does
   * not have it. Where it has, its readers only wait for the end of a transaction.
   */
  async hasRead({ offset, endOffset, epoch }: ReadSoFar): Promise<boolean> {
    const isRead = offset >= this.#mustReadTo
    if (isRead) this.#epoch = epoch
    this.#epoch ??= epoch
    if (endOffset < this.#mustReadTo && epoch !== this.#epoch) await this.#checkHolds(epoch)
    return isRead
  }

  /** The end of the log itself, not that of what can be read. */
  async #checkHolds(epoch: number): Promise<void> {
    const { cluster, topic, shard } = this.#deps
    const mustReadTo = this.#mustReadTo
    const endOffset = await cluster.endOfEpoch(topic, shard, epoch)
    if (endOffset < mustReadTo)
      throw new StorageError('retriable', `the log ends at ${endOffset}, ${mustReadTo} were committed`)
  }

  /**
   * The transactor of the cautious lane, opened anew: what an older one left is aborted. Also by one whose tenure is over and who
   * does not know it: a barrier has to be committed before it is used.
   */
  cautious(): Promise<Transactor> {
    const { topic, shard } = this.#deps
    return transactorOf(this.#deps, cautiousId(topic, shard))
  }

  close(): Promise<void> {
    return this.#main.close()
  }
}

async function transactorOf(deps: TenureDeps, id: string): Promise<Transactor> {
  return deps.cluster.capabilities.transactions ? deps.cluster.transactor(id) : new OrderedAppends(id, deps)
}

function transactionalId(topic: string, shard: PartitionId): string {
  return `${topic}-${shard}`
}

function cautiousId(topic: string, shard: PartitionId): string {
  return `${topic}-${shard}-cautious`
}
