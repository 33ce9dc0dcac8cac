import type { Append, CallOptions } from './cluster.ts'
import type { CommittedOffset } from './membership.ts'

/** Offsets of a group committed as part of a transaction. */
export interface TransactionOffsets {
  readonly group: string
  readonly offsets: readonly CommittedOffset[]
}

/**
 * The one holder of a transactional id. Transactions follow each other; a second `commit` waits for the first.
 * After any error the transactor is spent: open a new one and learn the outcome from the log.
 */
export interface Transactor {
  readonly id: string
  /**
   * Stores all appends, and the offsets if given, or nothing of them. Resolves with the base offset of each append, when
   * that is certain; readers may see it a moment later.
   * Rejects `fenced` when a newer holder opened the id, `outcomeUnknown` when it may or may not have been stored.
   */
  commit(
    appends: readonly Append[],
    options: CallOptions & { readonly offsets?: TransactionOffsets },
  ): Promise<readonly number[]>
  close(): Promise<void>
}
