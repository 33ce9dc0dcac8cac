import { StorageError } from '../errors.ts'
import { type BlockHeader, tryDecodeHeader } from './block.ts'
import type { PartitionLog } from './partition-log.ts'

/** The error of stored data that is not what was written; names the place for the operator. */
export function corruptAt(log: PartitionLog, offset: number, reason: string, cause?: unknown): StorageError {
  const place = `topic ${log.topic.name} partition ${log.id} offset ${offset}`
  return new StorageError('corrupt', `${place}: ${reason}`, {
    cause,
    details: { topic: log.topic.name, partition: log.id, offset },
  })
}

/** Checks a block read from the store; `lastOffset` is what its key says. */
export function checkedHeader(log: PartitionLog, lastOffset: number, block: Buffer): BlockHeader {
  const header = tryDecodeHeader(block)
  if (header === undefined) throw corruptAt(log, lastOffset, 'the block failed its check')
  if (header.baseOffset + header.count !== lastOffset + 1) {
    throw corruptAt(log, lastOffset, 'the block is not the one its key names')
  }
  return header
}

/** Adds the place to the store's own error when it found damage. */
export function withPlace(log: PartitionLog, offset: number, thrown: unknown): unknown {
  if (thrown instanceof StorageError && thrown.kind === 'corrupt' && thrown.details['topic'] === undefined) {
    return corruptAt(log, offset, thrown.message, thrown)
  }
  return thrown
}

/** The position is not in the log (any more). */
export function outOfRange(log: PartitionLog, offset: number): StorageError {
  const { startOffset, endOffset } = log
  const place = `topic ${log.topic.name} partition ${log.id}`
  const message = `${place}: offset ${offset} is outside; the log holds ${startOffset} to ${endOffset}`
  return new StorageError('offsetOutOfRange', message, { details: { startOffset, endOffset } })
}
