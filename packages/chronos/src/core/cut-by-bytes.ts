import type { LogRecord } from '@ddmq/storage'

/** Of a record beside its bytes, and of a header beside its own: at least what a log adds. */
const RECORD_BYTES = 64
const HEADER_BYTES = 10

/**
 * Cuts records, in their order, into appends of at most so many bytes each: an append is never divided by the log, and one over
 * the limit of its topic is refused whole. A record that is larger by itself stands alone. No limit: no cut.
 */
export function cutByBytes(
  records: readonly LogRecord[],
  maxBytes: number | undefined,
): readonly (readonly LogRecord[])[] {
  if (maxBytes === undefined) return records.length === 0 ? [] : [records]
  const parts: LogRecord[][] = []
  let part: LogRecord[] | undefined
  let bytes = 0
  for (const record of records) {
    const size = sizeOf(record)
    if (part === undefined || bytes + size > maxBytes) {
      part = []
      parts.push(part)
      bytes = 0
    }
    part.push(record)
    bytes += size
  }
  return parts
}

function sizeOf({ key, value, headers }: LogRecord): number {
  let bytes = RECORD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (const header of headers) bytes += HEADER_BYTES + header.name.length * 3 + header.value.length
  return bytes
}
