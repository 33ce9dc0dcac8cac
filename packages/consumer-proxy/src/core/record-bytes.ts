import type { StoredRecord } from '@ddmq/storage'

/** What holding a record costs besides its bytes: the objects around it. An estimate. */
const OBJECT_OVERHEAD_BYTES = 256

/** Bytes to draw from the budget for a record. */
export function recordBytes(record: StoredRecord): number {
  let bytes = OBJECT_OVERHEAD_BYTES + (record.value?.length ?? 0) + (record.key?.length ?? 0)
  for (const header of record.headers) bytes += header.name.length + header.value.length
  return bytes
}

/** The record in memory of its own. */
export function copyRecord({ offset, timestampMs, key, value, headers }: StoredRecord): StoredRecord {
  return {
    offset,
    timestampMs,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: headers.map(header => ({ name: header.name, value: Buffer.from(header.value) })),
  }
}
