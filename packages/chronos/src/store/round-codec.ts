/** Hot path: once per delayed message. What is stored of a round that waits: round, time of the add, headers, body. */
import { type Header, HeaderNames } from '@ddmq/storage'
import type { DelayedContent } from '@ddmq/storage/delay'
import { readTime, TIME_BYTES, writeTime } from './times.ts'

const ROUND_BYTES = 4
const FIXED_BYTES = ROUND_BYTES + TIME_BYTES + 2
const NO_HEADERS: readonly Header[] = []

export interface StoredRound {
  readonly round: number
  readonly addedMs: number
  readonly content: DelayedContent
}

/**
 *   round 4 | added 8 | headers 2 | per header: name length 2, name, value length 4, value | body
 */
export function encodeRound({ round, addedMs, content }: StoredRound): Buffer {
  const { headers, body } = content
  const bytes = Buffer.allocUnsafe(FIXED_BYTES + headerBytes(headers) + body.length)
  bytes.writeUInt32BE(round, 0)
  writeTime(bytes, addedMs, ROUND_BYTES)
  bytes.writeUInt16BE(headers.length, FIXED_BYTES - 2)
  let at = FIXED_BYTES
  for (const { name, value } of headers) {
    const written = bytes.write(name, at + 2)
    bytes.writeUInt16BE(written, at)
    at += 2 + written
    bytes.writeUInt32BE(value.length, at)
    bytes.set(value, at + 4)
    at += 4 + value.length
  }
  bytes.set(body, at)
  return bytes
}

/** Body and headers are views into the bytes. `names`: of the rounds decoded together. */
export function decodeRound(bytes: Buffer, names = new HeaderNames()): StoredRound {
  const { headers, end } = readHeaders(bytes, names)
  return {
    round: bytes.readUInt32BE(0),
    addedMs: readTime(bytes, ROUND_BYTES),
    content: { headers, body: bytes.subarray(end) },
  }
}

/** Bodies and headers of an encoded round, in bytes. */
export function contentBytes(encoded: { readonly length: number }): number {
  return encoded.length - FIXED_BYTES
}

function headerBytes(headers: readonly Header[]): number {
  let bytes = 0
  for (const { name, value } of headers) bytes += 2 + Buffer.byteLength(name) + 4 + value.length
  return bytes
}

function readHeaders(
  bytes: Buffer,
  names: HeaderNames,
): {
  readonly headers: readonly Header[]
  readonly end: number
} {
  const count = bytes.readUInt16BE(FIXED_BYTES - 2)
  if (count === 0) return { headers: NO_HEADERS, end: FIXED_BYTES }
  const headers: Header[] = []
  let at = FIXED_BYTES
  for (let index = 0; index < count; index++) {
    const nameEnd = at + 2 + bytes.readUInt16BE(at)
    const valueEnd = nameEnd + 4 + bytes.readUInt32BE(nameEnd)
    headers.push({
      name: names.textOf(index, bytes, { start: at + 2, end: nameEnd }),
      value: bytes.subarray(nameEnd + 4, valueEnd),
    })
    at = valueEnd
  }
  return { headers, end: at }
}
