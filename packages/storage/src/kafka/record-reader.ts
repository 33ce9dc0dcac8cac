/** Hot path: once per record read. Decodes batches (layout in `record-batch.ts`) and drops what nobody may see. */
import { compressionsAlgorithmsByBitmask } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import { HeaderNames } from '../header-names.ts'
import type { Header, StoredRecord } from '../port/record.ts'
import { AT, checksumOf, HEADER_BYTES, LENGTH_END, MAGIC } from './record-batch.ts'

const COMPRESSION = 0b111
const LOG_APPEND_TIME = 0b1000
const TRANSACTIONAL = 0b10000
const CONTROL = 0b100000
/** Type of a control record, in its key after the version: the end of a transaction that was given up. */
const ABORT_MARKER = 0
const NO_HEADERS: readonly Header[] = []
const EMPTY = Buffer.alloc(0)

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

export interface DecodedRecords {
  readonly records: StoredRecord[]
  /** Beyond the last batch, whatever of it is left. */
  readonly nextOffset: number
}

/**
 * The records from `offset` on of what a broker answered, without those of aborted transactions. The broker lists the
 * transactions aborted in the range; records of a listed producer are dropped from the transaction's first offset up to its
 * marker, and another transaction of the same producer may follow in the same answer.
 */
export function decodeRecords(
  bytes: Buffer,
  offset: number,
  aborted: readonly AbortedTransaction[],
): DecodedRecords {
  const records: StoredRecord[] = []
  const filter = new AbortedFilter(aborted)
  let nextOffset = offset
  for (let at = 0; at + LENGTH_END <= bytes.length; ) {
    const end = at + LENGTH_END + bytes.readInt32BE(at + AT.length)
    // The last batch may be cut off: a broker answers so many bytes, not so many batches.
    if (end > bytes.length) break
    const batch = bytes.subarray(at, end)
    at = end
    const baseOffset = Number(batch.readBigInt64BE(0))
    checkBatch(batch, baseOffset)
    const lastOffset = baseOffset + batch.readInt32BE(AT.lastOffsetDelta)
    if (filter.keeps(batch, lastOffset) && lastOffset >= offset)
      decodeBatch(batch, baseOffset, offset, records)
    nextOffset = Math.max(nextOffset, lastOffset + 1)
  }
  return { records, nextOffset }
}

class AbortedFilter {
  readonly #pending: AbortedTransaction[]
  readonly #aborted = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = aborted.toSorted((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  }

  /** Whether the records of the next batch are to be seen. */
  keeps(batch: Buffer, lastOffset: number): boolean {
    while (this.#pending[0] !== undefined && this.#pending[0].firstOffset <= lastOffset) {
      const begun = this.#pending.shift()
      if (begun !== undefined) this.#aborted.add(begun.producerId)
    }
    const attributes = batch.readInt16BE(AT.attributes)
    if ((attributes & TRANSACTIONAL) === 0) return (attributes & CONTROL) === 0
    const producerId = batch.readBigInt64BE(AT.producerId)
    if ((attributes & CONTROL) === 0) return !this.#aborted.has(producerId)
    if (controlType(batch) === ABORT_MARKER) this.#aborted.delete(producerId)
    return false
  }
}

function checkBatch(batch: Buffer, baseOffset: number): void {
  const magic = batch.readInt8(AT.magic)
  if (magic !== MAGIC)
    throw new StorageError('corrupt', `offset ${baseOffset}: batch of the unknown format ${magic}`)
  if (checksumOf(batch) !== batch.readUInt32BE(AT.crc)) {
    throw new StorageError('corrupt', `offset ${baseOffset}: the batch failed its check`)
  }
}

/** A control batch has one record, never compressed, whose key is a version and a type. */
function controlType(batch: Buffer): number {
  const cursor = new Cursor(batch, HEADER_BYTES)
  cursor.varint()
  cursor.at++
  cursor.varint()
  cursor.varint()
  const key = cursor.bytes()
  return key === null || key.length < 4 ? -1 : key.readInt16BE(2)
}

function decodeBatch(batch: Buffer, baseOffset: number, from: number, records: StoredRecord[]): void {
  const attributes = batch.readInt16BE(AT.attributes)
  const baseTimestampMs = Number(batch.readBigInt64BE(AT.baseTimestamp))
  const appendTimeMs = Number(batch.readBigInt64BE(AT.maxTimestamp))
  const count = batch.readInt32BE(AT.count)
  const cursor = recordsOf(batch, attributes & COMPRESSION, baseOffset)
  for (let index = 0; index < count; index++) {
    const end = cursor.varint() + cursor.at
    cursor.at++
    const timestampDelta = cursor.varint()
    const offset = baseOffset + cursor.varint()
    if (offset >= from) {
      const timestampMs = attributes & LOG_APPEND_TIME ? appendTimeMs : baseTimestampMs + timestampDelta
      records.push({
        offset,
        timestampMs,
        key: cursor.bytes(),
        value: cursor.bytes(),
        headers: cursor.headers(),
      })
    }
    cursor.at = end
  }
}

function recordsOf(batch: Buffer, codec: number, baseOffset: number): Cursor {
  if (codec === 0) return new Cursor(batch, HEADER_BYTES)
  const algorithm = compressionsAlgorithmsByBitmask[codec]
  if (algorithm === undefined) {
    throw new StorageError('corrupt', `offset ${baseOffset}: compressed by the unknown codec ${codec}`)
  }
  try {
    return new Cursor(algorithm.decompressSync(batch.subarray(HEADER_BYTES)), 0)
  } catch (thrown) {
    throw new StorageError('corrupt', `offset ${baseOffset}: the batch cannot be decompressed`, {
      cause: thrown,
    })
  }
}

class Cursor {
  at: number
  readonly #bytes: Buffer
  readonly #names = new HeaderNames()

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  varint(): number {
    let byte = this.#next()
    let value = byte & 127
    for (let factor = 128; byte >= 128; factor *= 128) {
      byte = this.#next()
      value += (byte & 127) * factor
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  bytes(): Buffer | null {
    const length = this.varint()
    if (length <= 0) return length < 0 ? null : EMPTY
    const start = this.at
    this.at += length
    return this.#bytes.subarray(start, this.at)
  }

  headers(): readonly Header[] {
    const count = this.varint()
    if (count === 0) return NO_HEADERS
    const headers: Header[] = []
    for (let index = 0; index < count; index++) {
      const name = this.#name(index)
      headers.push({ name, value: this.bytes() ?? EMPTY })
    }
    return headers
  }

  #name(place: number): string {
    const length = Math.max(0, this.varint())
    const start = this.at
    this.at += length
    return this.#names.textOf(place, this.#bytes, { start, end: this.at })
  }

  #next(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new StorageError('corrupt', 'a record ends before its end')
    return byte
  }
}
