/**
 * Hot path: encodes and decodes blocks of records. The layout is in SPEC.md; all numbers are big-endian.
 *
 * E1 A block is one value of the store; its checksum covers everything after the checksum, its header says which offsets
 *    it holds. A block that does not match is refused, never repaired and never skipped.
 */
import { crc32 } from 'node:zlib'
import { HeaderNames } from '../header-names.ts'
import type { Header, LogRecord, StoredRecord } from '../port/record.ts'
import { utf8Bytes } from '../utf8-bytes.ts'
import { readOffset, writeOffset, writeUint32 } from './keys.ts'

/** Version 1 and three bytes of zero. */
const VERSION_WORD = 0x0100_0000
export const BLOCK_HEADER_BYTES = 52
const CHECKSUM_AT = 4
const CHECKED_FROM = 8
/**
 * The CRC state for which the 8 bytes 01000000 00000000, with which a block without its checksum begins, give 0. The checksum
 * is taken of the whole block from there, as a view of the rest costs as much as the checksum of a small one.
 */
const BEFORE_BLOCK = 0x101b_2f51
const NULL_LENGTH = 0xffff_ffff
const EMPTY = Buffer.alloc(0)
const NO_HEADERS: readonly Header[] = []

/** What a block says about itself and about the log up to it. */
export interface BlockHeader {
  readonly baseOffset: number
  readonly count: number
  /** Highest timestamp of its records. */
  readonly maxTimestampMs: number
  /** Highest timestamp of the log up to and with this block: never falls, so it can be searched. */
  readonly logTimestampMs: number
  /** Wall clock of the engine when it was appended, never below its predecessor's. */
  readonly appendedMs: number
  /** Bytes of all blocks ever appended to this log, up to and with this one. */
  readonly logBytes: number
}

export interface BlockContent {
  readonly records: readonly LogRecord[]
  readonly from: number
  readonly to: number
  /** Sum of the records' encoded sizes. */
  readonly recordBytes: number
  /** The time of all records, where it is not their own. */
  readonly timestampMs?: number | undefined
}

/** Fills `block`, which is of exactly its size. */
export function encodeBlock(block: Buffer, content: BlockContent, header: BlockHeader): void {
  writeUint32(block, VERSION_WORD, 0)
  writeUint32(block, 0, CHECKSUM_AT)
  writeOffset(block, header.baseOffset, 8)
  writeUint32(block, header.count, 16)
  writeOffset(block, header.maxTimestampMs, 20)
  writeOffset(block, header.logTimestampMs, 28)
  writeOffset(block, header.appendedMs, 36)
  writeOffset(block, header.logBytes, 44)
  let at = BLOCK_HEADER_BYTES
  for (let index = content.from; index < content.to; index++) {
    const record = content.records[index]
    if (record !== undefined) at = writeRecord(block, record, at, content.timestampMs ?? record.timestampMs)
  }
  writeUint32(block, crc32(block, BEFORE_BLOCK), CHECKSUM_AT)
}

/** Undefined when the block is not what was written. */
export function tryDecodeHeader(block: Buffer): BlockHeader | undefined {
  if (block.length < BLOCK_HEADER_BYTES || block.readUInt32BE(0) !== VERSION_WORD) return undefined
  if (crc32(block.subarray(CHECKED_FROM)) !== block.readUInt32BE(CHECKSUM_AT)) return undefined
  return {
    baseOffset: readOffset(block, 8),
    count: block.readUInt32BE(16),
    maxTimestampMs: readOffset(block, 20),
    logTimestampMs: readOffset(block, 28),
    appendedMs: readOffset(block, 36),
    logBytes: readOffset(block, 44),
  }
}

/** Collects records of blocks up to a number of bytes; the first one is taken whatever its size. */
export class RecordCollector {
  readonly records: StoredRecord[] = []
  readonly #maxBytes: number
  readonly #names = new HeaderNames()
  #bytes = 0
  #full = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get full(): boolean {
    return this.#full
  }

  /**
   * Takes the records of a checked block from an offset on; they are views into the block, which begins at `start`. Answers
   * where it ends, of no use once it is full.
   */
  take(block: Buffer, fromOffset: number, start = 0): number {
    const baseOffset = readOffset(block, start + 8)
    const count = block.readUInt32BE(start + 16)
    let at = start + BLOCK_HEADER_BYTES
    for (let index = 0; index < count; index++) {
      const recordBytes = block.readUInt32BE(at)
      if (baseOffset + index >= fromOffset) {
        if (this.records.length > 0 && this.#bytes + recordBytes > this.#maxBytes) {
          this.#full = true
          return at
        }
        this.records.push(readRecord(block, baseOffset + index, at + 4, this.#names))
        this.#bytes += recordBytes
      }
      at += recordBytes
    }
    if (this.#bytes >= this.#maxBytes) this.#full = true
    return at
  }
}

function writeRecord(block: Buffer, record: LogRecord, start: number, timestampMs: number): number {
  let at = writeBytes(block, record.key, start + 12)
  at = writeBytes(block, record.value, at)
  const { headers } = record
  block.writeUInt16BE(headers.length, at)
  at += 2
  for (let index = 0; index < headers.length; index++) {
    const header = headers[index]
    if (header === undefined) continue
    at = writeName(block, header.name, at)
    at = writeBytes(block, header.value, at)
  }
  writeUint32(block, at - start, start)
  writeOffset(block, timestampMs, start + 4)
  return at
}

function writeBytes(block: Buffer, bytes: Uint8Array | null, at: number): number {
  if (bytes === null) {
    writeUint32(block, NULL_LENGTH, at)
    return at + 4
  }
  writeUint32(block, bytes.length, at)
  block.set(bytes, at + 4)
  return at + 4 + bytes.length
}

function writeName(block: Buffer, name: string, at: number): number {
  const length = utf8Bytes(name)
  block.writeUInt16BE(length, at)
  block.write(name, at + 2, length, 'utf8')
  return at + 2 + length
}

function readRecord(block: Buffer, offset: number, start: number, names: HeaderNames): StoredRecord {
  const timestampMs = readOffset(block, start)
  const keyLength = block.readUInt32BE(start + 8)
  let at = start + 12
  let key: Uint8Array | null = null
  if (keyLength !== NULL_LENGTH) {
    key = block.subarray(at, at + keyLength)
    at += keyLength
  }
  const valueLength = block.readUInt32BE(at)
  at += 4
  let value: Uint8Array | null = null
  if (valueLength !== NULL_LENGTH) {
    value = valueLength === 0 ? EMPTY : block.subarray(at, at + valueLength)
    at += valueLength
  }
  return { offset, key, value, headers: readHeaders(block, at, names), timestampMs }
}

function readHeaders(block: Buffer, start: number, names: HeaderNames): readonly Header[] {
  const count = block.readUInt16BE(start)
  if (count === 0) return NO_HEADERS
  const headers: Header[] = []
  let at = start + 2
  for (let index = 0; index < count; index++) {
    const nameEnd = at + 2 + block.readUInt16BE(at)
    const name = names.textOf(index, block, { start: at + 2, end: nameEnd })
    const valueEnd = nameEnd + 4 + block.readUInt32BE(nameEnd)
    headers.push({ name, value: block.subarray(nameEnd + 4, valueEnd) })
    at = valueEnd
  }
  return headers
}

/** Highest timestamp of records [from, to). */
export function maxTimestampOf(records: readonly LogRecord[], from: number, to: number): number {
  let max = 0
  for (let index = from; index < to; index++) {
    const timestampMs = records[index]?.timestampMs ?? 0
    if (timestampMs > max) max = timestampMs
  }
  return max
}
