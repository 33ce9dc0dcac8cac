/**
 * The time in which this process owns a shard: from one takeover to the first error of its transactor (SPEC.md I5).
 *
 * N1 It begins with a barrier that was committed through its own transactor and read back; both transactional ids of the shard
 *    are opened before, so that nothing of an older tenure can be committed any more.
 * N2 Nothing is chosen, by the loop or by the cautious lane, before what either committed is in the index (I2): `mustReadTo`. What
 *    is committed may become readable later, and the end of the log lies before it until then.
 * N3 After any error it is over; what became of the last transaction is what the log says to the next tenure.
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

const BARRIER_DEADLINE_MS = 15_000

export interface TenureDeps {
  readonly cluster: LogCluster
  readonly topic: string
  readonly shard: PartitionId
  readonly clock: Clock
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

  private constructor(deps: TenureDeps, main: Transactor) {
    this.#deps = deps
    this.#main = main
  }

  /** Opens the transactors; the barrier follows. */
  static async begin(deps: TenureDeps): Promise<Tenure> {
    const { cluster, topic, shard } = deps
    const main = await cluster.transactor(transactionalId(topic, shard))
    const cautious = await cluster.transactor(cautiousId(topic, shard))
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
  async commit(
    deliveries: readonly Append[],
    records: readonly LogRecord[],
    deadlineMs: number,
  ): Promise<void> {
    const table = this.tableAppends(records)
    this.committed(await this.#main.commit([...deliveries, ...table], { deadlineMs }), table)
  }

  /** Records of the table as they are appended: in parts, where they are more than an append may be. */
  tableAppends(records: readonly LogRecord[]): readonly Append[] {
    const { cluster, topic, shard } = this.#deps
    const parts = cutByBytes(records, cluster.maxAppendBytes?.(topic))
    return parts.map(part => ({ topic, partition: shard, records: part }))
  }

  /**
   * What a transactor of this tenure committed, the appends of the table last (N2); told before anything is chosen again.
   * `baseOffsets`: of all appends.
   */
  committed(baseOffsets: readonly number[], table: readonly Append[]): void {
    const [baseOffset, last] = [baseOffsets.at(-1), table.at(-1)]
    if (baseOffset === undefined || last === undefined)
      throw new StorageError('outcomeUnknown', 'the commit has no offset in the table')
    this.#mustReadTo = Math.max(this.#mustReadTo, baseOffset + last.records.length)
  }

  /** The transactor of the cautious lane, opened anew: what an older one left is aborted. */
  cautious(): Promise<Transactor> {
    const { cluster, topic, shard } = this.#deps
    return cluster.transactor(cautiousId(topic, shard))
  }

  close(): Promise<void> {
    return this.#main.close()
  }
}

function transactionalId(topic: string, shard: PartitionId): string {
  return `${topic}-${shard}`
}

function cautiousId(topic: string, shard: PartitionId): string {
  return `${topic}-${shard}-cautious`
}
