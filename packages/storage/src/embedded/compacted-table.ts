import type { LogRecord } from '../port/record.ts'
import type { RocksStore, WriteBatch } from '../rocksdb/index.ts'
import { readOffset, tableKeyKey, tableRecordKey, tombstoneKey, writeOffset } from './keys.ts'
import type { PartitionLog } from './partition-log.ts'

/**
 * A compacted topic as a table: three entries per key.
 *
 *   record   (partition, offset) → the record, a block of one
 *   key      (partition, key)    → offset of the record, and whether it is a tombstone
 *   tombstone (partition, offset) → nothing; only where the record is one, to find those that are due
 *
 * E5 At most one record per key: the batch that writes a record deletes the one it replaces.
 */
export interface TableEntry {
  readonly offset: number
  readonly tombstone: boolean
}

const EMPTY = Buffer.alloc(0)
const TOMBSTONE_FLAG = 1

/** The entries of the keys that one write batch touches; read before it, kept current while it is built. */
export class TableView {
  /** Records that the batch deletes: those that are replaced, and tombstones that were kept long enough. */
  readonly removed: RemovedRecord[] = []
  readonly #entries = new Map<string, TableEntry | undefined>()

  /** Reads what is stored of the keys of these records. */
  async load(
    store: RocksStore,
    appends: readonly { log: PartitionLog; records: readonly LogRecord[] }[],
  ): Promise<void> {
    const keys = appends.flatMap(({ log, records }) =>
      records.map(({ key }) => tableKeyKey(log, key ?? EMPTY)),
    )
    const stored = await store.getMany(keys)
    for (const [index, key] of keys.entries())
      this.#entries.set(key.toString('latin1'), decodeEntry(stored[index]))
  }

  /** Puts the record in the place of the one with the same key. `block` is the record encoded. */
  put(batch: WriteBatch, log: PartitionLog, { offset, record, block }: PutRecord): void {
    const keyKey = tableKeyKey(log, record.key ?? EMPTY)
    const name = keyKey.toString('latin1')
    const replaced = this.#entries.get(name)
    if (replaced !== undefined) this.#remove(batch, log, replaced)
    const entry = { offset, tombstone: record.value === null }
    batch.put(tableRecordKey(log, offset), block)
    batch.put(keyKey, encodeEntry(entry))
    if (entry.tombstone) batch.put(tombstoneKey(log, offset), EMPTY)
    this.#entries.set(name, entry)
  }

  /** Removes a tombstone and its key, unless the key has another record by now. Answers whether it did. */
  remove(batch: WriteBatch, log: PartitionLog, tombstone: { offset: number; key: Uint8Array }): boolean {
    const keyKey = tableKeyKey(log, tombstone.key)
    const name = keyKey.toString('latin1')
    const entry = this.#entries.get(name)
    if (entry?.offset !== tombstone.offset) return false
    this.#remove(batch, log, entry)
    batch.delete(keyKey)
    this.#entries.set(name, undefined)
    return true
  }

  #remove(batch: WriteBatch, log: PartitionLog, { offset, tombstone }: TableEntry): void {
    batch.delete(tableRecordKey(log, offset))
    if (tombstone) batch.delete(tombstoneKey(log, offset))
    this.removed.push({ log, offset })
  }
}

export interface RemovedRecord {
  readonly log: PartitionLog
  readonly offset: number
}

export interface PutRecord {
  readonly offset: number
  readonly record: LogRecord
  readonly block: Buffer
}

function decodeEntry(bytes: Buffer | undefined): TableEntry | undefined {
  if (bytes === undefined) return undefined
  return { offset: readOffset(bytes, 0), tombstone: bytes[8] === TOMBSTONE_FLAG }
}

function encodeEntry(entry: TableEntry): Buffer {
  const bytes = Buffer.allocUnsafe(9)
  writeOffset(bytes, entry.offset, 0)
  bytes[8] = entry.tombstone ? TOMBSTONE_FLAG : 0
  return bytes
}
