/**
 * Hot path: once per record and per batch. A batch of records as Kafka stores it (magic 2):
 *
 *     0 base offset 8 | 8 length 4 | 12 leader epoch 4 | 16 magic 1 | 17 crc32c of all that follows 4 | 21 attributes 2
 *     23 last offset delta 4 | 27 base timestamp 8 | 35 max timestamp 8 | 43 producer id 8 | 51 producer epoch 2
 *     53 base sequence 4 | 57 count 4 | 61 records, compressed together where the attributes say so
 *
 * A record: varint length, attributes 1, varint timestamp delta, varint offset delta, key, value, varint count, headers.
 * Bytes: varint length (−1 is null), then the bytes. Varints are zigzag.
 */
import { compressionsAlgorithms, crc32c, Writer } from '@platformatic/kafka'
import type { Header, LogRecord } from '../port/record.ts'
import { utf8Bytes } from '../utf8-bytes.ts'

export const HEADER_BYTES = 61
export const AT = {
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
} as const
/** Bytes before those that `length` counts. */
export const LENGTH_END = 12
export const MAGIC = 2
const TRANSACTIONAL = 0x10
const MAX_INT32 = 0x7fff_ffff
/** Up to so many bytes a loop is faster than a call into the runtime. */
const SHORT = 32
const NO_EPOCH = -1
/** Larger than a record's own varints. */
const RECORD_OVERHEAD_BYTES = 24
const HEADER_OVERHEAD_BYTES = 10

export type Compression = keyof typeof compressionsAlgorithms

export interface ProducerIdentity {
  readonly producerId: bigint
  readonly epoch: number
}

/** At least the bytes of a record in a batch, before compression. */
export function recordSize({ key, value, headers }: LogRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
  for (let index = 0; index < headers.length; index++) {
    const header = headers[index]
    if (header !== undefined) bytes += HEADER_OVERHEAD_BYTES + header.name.length * 3 + header.value.length
  }
  return bytes
}

/** Encodes records as one batch; `maxBytes` is what `recordSize` says of them together. */
export function encodeBatch(
  records: readonly LogRecord[],
  producer: ProducerIdentity & { readonly sequence: number },
  options: {
    readonly compression: Compression
    readonly maxBytes: number
    /** Delivered only when its transaction is committed. */
    readonly isTransactional?: boolean
  },
): Buffer {
  const target = Buffer.allocUnsafe(HEADER_BYTES + options.maxBytes)
  const baseTimestampMs = records[0]?.timestampMs ?? 0
  let maxTimestampMs = baseTimestampMs
  let end = HEADER_BYTES
  for (let index = 0; index < records.length; index++) {
    const record = records[index]
    if (record === undefined) continue
    if (record.timestampMs > maxTimestampMs) maxTimestampMs = record.timestampMs
    end = writeRecord(target, end, record, { index, timestampDelta: record.timestampMs - baseTimestampMs })
  }
  const { bitmask, compressSync } = compressionsAlgorithms[options.compression]
  const batch =
    bitmask === 0
      ? target.subarray(0, end)
      : Buffer.concat([target.subarray(0, HEADER_BYTES), compressSync(target.subarray(HEADER_BYTES, end))])
  batch.fill(0, 0, AT.length)
  batch.writeInt32BE(batch.length - LENGTH_END, AT.length)
  batch.writeInt32BE(NO_EPOCH, LENGTH_END)
  batch.writeInt8(MAGIC, AT.magic)
  batch.writeInt16BE(options.isTransactional ? bitmask | TRANSACTIONAL : bitmask, AT.attributes)
  batch.writeInt32BE(records.length - 1, AT.lastOffsetDelta)
  batch.writeBigInt64BE(BigInt(baseTimestampMs), AT.baseTimestamp)
  batch.writeBigInt64BE(BigInt(maxTimestampMs), AT.maxTimestamp)
  batch.writeBigInt64BE(producer.producerId, AT.producerId)
  batch.writeInt16BE(producer.epoch, AT.producerEpoch)
  batch.writeInt32BE(producer.sequence, AT.baseSequence)
  batch.writeInt32BE(records.length, AT.count)
  batch.writeUInt32BE(checksumOf(batch), AT.crc)
  return batch
}

/** Of all that follows it. The library would copy bytes that do not stand in a buffer of its own. */
export function checksumOf(batch: Buffer): number {
  return crc32c(Writer.create().append(batch.subarray(AT.attributes)).dynamicBuffer)
}

function writeRecord(
  target: Buffer,
  start: number,
  record: LogRecord,
  deltas: { readonly index: number; readonly timestampDelta: number },
): number {
  const { key, value, headers } = record
  const { index, timestampDelta } = deltas
  let body = 1 + varintSize(timestampDelta) + varintSize(index)
  body += bytesSize(key?.length) + bytesSize(value?.length) + varintSize(headers.length)
  for (let place = 0; place < headers.length; place++) {
    const header = headers[place]
    if (header !== undefined) body += bytesSize(utf8Bytes(header.name)) + bytesSize(header.value.length)
  }
  let at = writeVarint(target, start, body)
  target[at++] = 0
  at = writeVarint(target, at, timestampDelta)
  at = writeVarint(target, at, index)
  at = writeBytes(target, at, key)
  at = writeBytes(target, at, value)
  at = writeVarint(target, at, headers.length)
  for (let place = 0; place < headers.length; place++) at = writeHeader(target, at, headers[place])
  return at
}

function writeHeader(target: Buffer, start: number, header: Header | undefined): number {
  if (header === undefined) return start
  const { name, value } = header
  const length = utf8Bytes(name)
  const at = writeVarint(target, start, length)
  if (length !== name.length || length > SHORT) target.write(name, at)
  else for (let index = 0; index < length; index++) target[at + index] = name.charCodeAt(index)
  return writeBytes(target, at + length, value)
}

function writeBytes(target: Buffer, start: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(target, start, -1)
  const { length } = bytes
  const at = writeVarint(target, start, length)
  if (length > SHORT) target.set(bytes, at)
  else for (let index = 0; index < length; index++) target[at + index] = bytes[index] ?? 0
  return at + length
}

function bytesSize(length = -1): number {
  return varintSize(length) + Math.max(0, length)
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1
}

function varintSize(value: number): number {
  let rest = zigzag(value)
  if (rest < 128) return 1
  if (rest < 16_384) return 2
  let size = 1
  for (; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

function writeVarint(target: Buffer, start: number, value: number): number {
  let rest = zigzag(value)
  let at = start
  for (; rest >= 128 && rest <= MAX_INT32; rest >>>= 7) target[at++] = (rest & 127) | 128
  for (; rest >= 128; rest = Math.floor(rest / 128)) target[at++] = (rest % 128) | 128
  target[at++] = rest
  return at
}
