export { type RocksFailure } from './classify-error.ts'
export { type Entry, type RocksOptions, RocksStore, type ScanOptions } from './rocks-store.ts'
export type { FreeSpaceProbe } from './space-guard.ts'
export { WriteBatch } from './write-batch.ts'
