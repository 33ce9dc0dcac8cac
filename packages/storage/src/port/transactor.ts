import type { Append, CallOptions } from './cluster.ts'
import type { CommittedOffset } from './membership.ts'

/** Offsets of a group committed as part of a transaction. */
export interface TransactionOffsets {
  readonly group: string
  readonly offsets: readonly CommittedOffset[]
}

export interface CommitOptions extends CallOptions {
  readonly offsets?: TransactionOffsets
  /**
   * Part of the transaction as well, but sent only when everything else of it is stored: while that is refused or waited for,
   * the readers of these partitions wait for nothing.
   */
  readonly last?: readonly Append[]
  /** Awaited before `last` is sent; rejecting ends the commit with nothing stored. */
  readonly beforeLast?: () => Promise<void>
}

/**
 * The one holder of a transactional id. Transactions follow each other; a second `commit` waits for the first.
 * After any error the transactor is spent: open a new one and learn the outcome from the log.
 */
export interface Transactor {
  readonly id: string
  /**
   * Stores all appends, and the offsets if given, or nothing of them. Resolves with the base offset of each append, when
   * that is certain, those of `last` behind the others; readers may see it a moment later.
   * Rejects `fenced` when a newer holder opened the id, `outcomeUnknown` when it may or may not have been stored.
   * Where topics are the reason of a refusal, or did not answer in time, `details.topics` names them: all that are known by
   * then and refuse for a reason of this kind. Trouble of the engine itself, or of what coordinates transactions, names none.
   */
  commit(appends: readonly Append[], options: CommitOptions): Promise<readonly number[]>
  close(): Promise<void>
}
