/**
 * The barriers that an owner writes to its shard and reads back: the last step of a takeover (SPEC.md I5), and the log's time now
 * and then (I6, I7).
 */
import type { Clock } from '@ddmq/common/clock'
import { type PartitionId, StorageError } from '@ddmq/storage'
import type { ClockGuard } from '../core/clock-guard.ts'
import type { ShardTail } from './shard-tail.ts'
import type { Tenure } from './tenure.ts'

/** Time enough for what was committed to become readable; asked again if not. */
export const READ_BACK_MS = 200

export interface BarriersDeps {
  readonly id: PartitionId
  readonly guard: ClockGuard
  readonly clock: Clock
  /** Of the table: how long its tombstones are kept. */
  readonly tombstoneRetentionMs: number
}

/** Whether the shard is still this process's; the signal aborts when that may have changed. */
export interface Ownership {
  readonly isOwner: boolean
  readonly signal: AbortSignal
}

export class Barriers {
  readonly #deps: BarriersDeps
  #sentAtMs = 0

  constructor(deps: BarriersDeps) {
    this.#deps = deps
  }

  /** The clock guard needs the log's time, or the log has had none for long. */
  get isDue(): boolean {
    return this.#deps.guard.needsWitness() || this.#isLogTimeOld()
  }

  /** Throws `fenced` when the shard is another's, `retriable` when the barrier was lost. */
  async pass(tenure: Tenure, tail: ShardTail, now: () => Ownership): Promise<void> {
    const { id, guard } = this.#deps
    const { nonce, sentMonotonicMs } = await tenure.barrier()
    while (tail.barrier?.nonce !== nonce) {
      const { isOwner, signal } = now()
      if (!isOwner) throw new StorageError('fenced', `shard ${id} was given to another process`)
      const hasAnswer = await tail.read(READ_BACK_MS, signal)
      if (hasAnswer && (await tenure.hasRead(tail)) && tail.barrier?.nonce !== nonce)
        throw missed(tenure, tail)
    }
    guard.witness(tail.barrier.logTimeMs, sentMonotonicMs)
    this.#sentAtMs = sentMonotonicMs
  }

  /** Where nothing is written, standbys would not know that they miss nothing (I7). */
  #isLogTimeOld(): boolean {
    const { clock, tombstoneRetentionMs } = this.#deps
    return clock.monotonicMs() - this.#sentAtMs > tombstoneRetentionMs / 8
  }
}

/**
 * Where another barrier came after ours, or in its place, another process owns the shard and the group has not told this one
 * yet: to take over again at once would fence the right one.
 */
function missed({ mustReadTo }: Tenure, { barrier }: ShardTail): StorageError {
  const isReplaced = barrier !== undefined && barrier.offset >= mustReadTo - 1
  return isReplaced
    ? new StorageError('fenced', 'the barrier of another owner followed its own')
    : new StorageError('retriable', 'its barrier was lost')
}
