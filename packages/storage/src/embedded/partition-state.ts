import { readOffset, writeOffset } from './keys.ts'
import type { PartitionLog } from './partition-log.ts'

const VERSION = 1
const STATE_BYTES = 41

/** What must outlive the blocks it was read from; written in the batch that deletes them. */
export interface PartitionState {
  readonly startOffset: number
  /** The log ends here or later, though no block says so. */
  readonly endOffset: number
  readonly logTimestampMs: number
  readonly appendedMs: number
  readonly logBytes: number
}

/** Of a log that never lost anything. */
export const EMPTY_STATE: PartitionState = {
  startOffset: 0,
  endOffset: 0,
  logTimestampMs: 0,
  appendedMs: 0,
  logBytes: 0,
}

export function encodeState(log: PartitionLog, startOffset: number): Buffer {
  const bytes = Buffer.alloc(STATE_BYTES)
  bytes[0] = VERSION
  writeOffset(bytes, startOffset, 1)
  writeOffset(bytes, log.endOffset, 9)
  writeOffset(bytes, log.logTimestampMs, 17)
  writeOffset(bytes, log.appendedMs, 25)
  writeOffset(bytes, log.logBytes, 33)
  return bytes
}

/** Undefined when these are not the bytes of a state. */
export function tryDecodeState(bytes: Buffer): PartitionState | undefined {
  if (bytes.length !== STATE_BYTES || bytes[0] !== VERSION) return undefined
  return {
    startOffset: readOffset(bytes, 1),
    endOffset: readOffset(bytes, 9),
    logTimestampMs: readOffset(bytes, 17),
    appendedMs: readOffset(bytes, 25),
    logBytes: readOffset(bytes, 33),
  }
}
