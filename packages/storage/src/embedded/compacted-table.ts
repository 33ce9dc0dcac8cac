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

/** One key, for all records of it in a batch. */
export interface Slot {
  readonly keyKey: Buffer
  entry: TableEntry | undefined
}

/** Records of a compacted topic, before their batch is built. */
export interface TableAppend {
  readonly log: PartitionLog
  readonly records: readonly LogRecord[]
}

/** The entries of the keys that one write batch touches; read before it, kept current while it is built. */
export class TableView {
  /** Records that the batch deletes: those that are replaced, and tombstones that were kept long enough. */
  readonly removed: RemovedRecord[] = []
  readonly #slots = new Map<string, Slot>()
  /** Of the records that were looked up, by their places: so that their keys are built once. */
  readonly #slotsOf = new Map<PartitionLog, Map<readonly LogRecord[], readonly Slot[]>>()

  /** Reads what is stored of the keys of these records. */
  async load(store: RocksStore, appends: readonly TableAppend[]): Promise<void> {
    for (const append of appends) this.slotsOf(append)
    const slots = [...this.#slots.values()]
    const stored = await store.getMany(slots.map(({ keyKey }) => keyKey))
    for (const [index, slot] of slots.entries()) slot.entry = decodeEntry(stored[index])
  }

  /** The keys of these records, in their order. */
  slotsOf({ log, records }: TableAppend): readonly Slot[] {
    let ofLog = this.#slotsOf.get(log)
    if (ofLog === undefined) this.#slotsOf.set(log, (ofLog = new Map()))
    let slots = ofLog.get(records)
    if (slots === undefined) {
      slots = records.map(({ key }) => this.#slot(log, key ?? EMPTY))
      ofLog.set(records, slots)
    }
    return slots
  }

  /** Puts the record in the place of the one with the same key. `block` is the record encoded. */
  put(batch: WriteBatch, log: PartitionLog, { offset, slot, record, block }: PutRecord): void {
    if (slot.entry !== undefined) this.#remove(batch, log, slot.entry)
    const entry = { offset, tombstone: record.value === null }
    batch.put(tableRecordKey(log, offset), block)
    batch.put(slot.keyKey, encodeEntry(entry))
    if (entry.tombstone) batch.put(tombstoneKey(log, offset), EMPTY)
    slot.entry = entry
  }

  /** Removes a tombstone and its key, unless the key has another record by now. Answers whether it did. */
  remove(batch: WriteBatch, log: PartitionLog, tombstone: { offset: number; key: Uint8Array }): boolean {
    const slot = this.#slot(log, tombstone.key)
    if (slot.entry?.offset !== tombstone.offset) return false
    this.#remove(batch, log, slot.entry)
    batch.delete(slot.keyKey)
    slot.entry = undefined
    return true
  }

  #slot(log: PartitionLog, key: Uint8Array): Slot {
    const keyKey = tableKeyKey(log, key)
    const name = keyKey.toString('latin1')
    let slot = this.#slots.get(name)
    if (slot === undefined) this.#slots.set(name, (slot = { keyKey, entry: undefined }))
    return slot
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
  readonly slot: Slot
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
