/** Hot path: once per record appended. What a record may be, and what it costs in a block. */
import { StorageError } from '../errors.ts'
import type { LogRecord } from '../port/record.ts'
import { utf8Bytes } from '../utf8-bytes.ts'

/** Bytes of a record's fixed fields in a block (SPEC.md). */
const RECORD_HEADER_BYTES = 22
const HEADER_OVERHEAD_BYTES = 6
const MAX_UINT16 = 0xffff

/** Encoded size. Throws `invalid` for what the format cannot hold, `tooLarge` beyond the limit. */
export function checkedRecordBytes(record: LogRecord, maxRecordBytes: number): number {
  if (!Number.isSafeInteger(record.timestampMs) || record.timestampMs < 0) {
    throw new StorageError('invalid', `timestampMs ${record.timestampMs} is not a whole number from 0 on`)
  }
  const { headers } = record
  if (headers.length > MAX_UINT16)
    throw new StorageError('tooLarge', `a record has at most ${MAX_UINT16} headers`)
  let bytes = RECORD_HEADER_BYTES + (record.key?.length ?? 0) + (record.value?.length ?? 0)
  for (let index = 0; index < headers.length; index++) {
    const header = headers[index]
    if (header === undefined) continue
    const nameBytes = utf8Bytes(header.name)
    if (nameBytes > MAX_UINT16) {
      throw new StorageError(
        'tooLarge',
        `a header's name of ${nameBytes} bytes is over the limit of ${MAX_UINT16}`,
      )
    }
    bytes += HEADER_OVERHEAD_BYTES + nameBytes + header.value.length
  }
  if (bytes > maxRecordBytes) {
    throw new StorageError('tooLarge', `a record of ${bytes} bytes is over the limit of ${maxRecordBytes}`)
  }
  return bytes
}

/** Encoded size of a record that was checked. */
export function encodedBytes(record: LogRecord): number {
  return checkedRecordBytes(record, Number.POSITIVE_INFINITY)
}
