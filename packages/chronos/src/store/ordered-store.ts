import type { Entry, ScanOptions, WriteBatch } from '@ddmq/storage/rocksdb'

/** Sorted keys and values: what the index of pending messages stands on. All errors are `StorageError`s. */
export interface OrderedStore {
  /** In the order of the keys. */
  getMany(keys: readonly Buffer[]): Promise<readonly (Buffer | undefined)[]>
  /** Entries in key order, at most `limit`. */
  scan(options: ScanOptions): Promise<readonly Entry[]>
  /** Applies all of the batch or nothing. */
  write(batch: WriteBatch): Promise<void>
}
