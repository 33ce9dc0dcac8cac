import type { StoredRecord } from '@ddmq/storage'

/** What holding a record costs besides its bytes: the objects around it. An estimate. */
const OBJECT_OVERHEAD_BYTES = 256
/** A body this much smaller than the block it is a view of is copied, so that it does not pin the block. */
const SMALL_AGAINST_BLOCK = 8

/** Bytes to draw from the budget for a record. */
export function recordBytes(record: StoredRecord): number {
  let bytes = OBJECT_OVERHEAD_BYTES + (record.value?.length ?? 0) + (record.key?.length ?? 0)
  for (const header of record.headers) bytes += header.name.length + header.value.length
  return bytes
}

/** The record in memory of its own where it would otherwise pin a much larger block. */
export function detachRecord(record: StoredRecord): StoredRecord {
  const { key, value, headers } = record
  const block = (value ?? key)?.buffer.byteLength ?? 0
  if (block < SMALL_AGAINST_BLOCK * recordBytes(record)) return record
  return {
    offset: record.offset,
    timestampMs: record.timestampMs,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: headers.map(header => ({ name: header.name, value: Buffer.from(header.value) })),
  }
}
