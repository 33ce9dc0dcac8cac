import { readTime, TIME_BYTES, writeTime } from './times.ts'

/** What the index holds of a progress record: where its round is, or when it was fired. */
export type ProgressEntry =
  | { readonly kind: 'next'; readonly round: number; readonly dueMs: number; readonly bytes: number }
  | { readonly kind: 'fired'; readonly atMs: number }

const NEXT = 1
const FIRED = 2

/** `1 | round 4 | due 8 | bytes 4` or `2 | time 8` */
export function encodeProgress(progress: ProgressEntry): Buffer {
  if (progress.kind === 'fired') {
    const bytes = Buffer.allocUnsafe(1 + TIME_BYTES)
    bytes[0] = FIRED
    writeTime(bytes, progress.atMs, 1)
    return bytes
  }
  const bytes = Buffer.alloc(5 + TIME_BYTES + 4, NEXT)
  bytes.writeUInt32BE(progress.round, 1)
  writeTime(bytes, progress.dueMs, 5)
  bytes.writeUInt32BE(progress.bytes, 5 + TIME_BYTES)
  return bytes
}

export function decodeProgress(bytes: Buffer | undefined): ProgressEntry | undefined {
  if (bytes === undefined) return undefined
  if (bytes[0] === FIRED) return { kind: 'fired', atMs: readTime(bytes, 1) }
  return {
    kind: 'next',
    round: bytes.readUInt32BE(1),
    dueMs: readTime(bytes, 5),
    bytes: bytes.readUInt32BE(5 + TIME_BYTES),
  }
}
