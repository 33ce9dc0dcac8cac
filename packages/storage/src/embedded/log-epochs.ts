import { readOffset, writeOffset } from './keys.ts'

const ENTRY_BYTES = 12
/** A folder is opened rarely; what is older than so many opens is told less exactly (E10). */
const MAX_EPOCHS = 64

/** The first record that was appended in an epoch of the engine. */
export interface EpochStart {
  readonly epoch: number
  readonly offset: number
}

/**
 * Where in a log the epochs of the engine begin, oldest first; both numbers grow. Only epochs that appended something.
 *
 * E10 The batch with a log's first record of an epoch holds the new list. So where the end of a log was lost and written
 *     again, the list says from which offset on it is another log than the one read before, and never a later offset.
 */
export type LogEpochs = readonly EpochStart[]

export const NO_EPOCHS: LogEpochs = []

/** The list with the first append of another epoch. */
export function withEpoch(epochs: LogEpochs, next: EpochStart): LogEpochs {
  const all = [...epochs, next]
  const [oldest, second] = all
  if (all.length <= MAX_EPOCHS || oldest === undefined || second === undefined) return all
  // The two oldest become one that begins with the first: too early for some positions, too late for none.
  return [{ epoch: second.epoch, offset: oldest.offset }, ...all.slice(2)]
}

/** Up to where the log is still what it was in that epoch. */
export function endOfEpoch(epochs: LogEpochs, epoch: number, endOffset: number): number {
  return Math.min(endOffset, epochs.find(start => start.epoch > epoch)?.offset ?? endOffset)
}

export function encodeEpochs(epochs: LogEpochs): Buffer {
  const bytes = Buffer.alloc(ENTRY_BYTES * epochs.length)
  for (const [index, { epoch, offset }] of epochs.entries()) {
    bytes.writeUInt32BE(epoch, ENTRY_BYTES * index)
    writeOffset(bytes, offset, ENTRY_BYTES * index + 4)
  }
  return bytes
}

/** Those that begin below the end of the log. Undefined when these are not the bytes of such a list. */
export function tryDecodeEpochs(bytes: Buffer, endOffset: number): LogEpochs | undefined {
  if (bytes.length % ENTRY_BYTES !== 0) return undefined
  const epochs: EpochStart[] = []
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    const start = { epoch: bytes.readUInt32BE(at), offset: readOffset(bytes, at + 4) }
    const before = epochs.at(-1)
    if (before !== undefined && (before.epoch >= start.epoch || before.offset >= start.offset))
      return undefined
    epochs.push(start)
  }
  return epochs.filter(({ offset }) => offset < endOffset)
}
