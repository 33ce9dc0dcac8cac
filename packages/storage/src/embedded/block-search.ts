import type { RocksStore } from '../rocksdb/index.ts'
import type { BlockHeader } from './block.ts'
import { RecordCollector } from './block.ts'
import { blockAt, readBlocks } from './block-reader.ts'
import type { PartitionLog } from './partition-log.ts'

/**
 * Base offset of the first block for which `isPast` holds, or the end of the log. `isPast` must not hold for a block
 * before one where it does not: true of what never falls along a log. About 2 × log₂(offsets) seeks.
 */
export async function findBlock(
  store: RocksStore,
  log: PartitionLog,
  isPast: (header: BlockHeader) => boolean,
): Promise<number> {
  let [low, high] = [log.startOffset, log.endOffset]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const block = await blockAt(store, log, middle)
    if (block === undefined || block.header.baseOffset >= high) high = middle
    else if (isPast(block.header)) high = Math.min(middle, block.header.baseOffset)
    else low = block.header.baseOffset + block.header.count
  }
  return low
}

/**
 * First offset whose record has that timestamp or a later one; the end of the log when there is none. The search over the
 * highest timestamp so far finds where the first one can be, reading on from there finds it.
 */
export async function offsetAtTime(store: RocksStore, log: PartitionLog, timeMs: number): Promise<number> {
  const from = await findBlock(store, log, header => header.logTimestampMs >= timeMs)
  for await (const { header, bytes } of readBlocks(store, log, from, log.endOffset)) {
    if (header.maxTimestampMs < timeMs) continue
    const collector = new RecordCollector(Number.POSITIVE_INFINITY)
    collector.take(bytes, from)
    const found = collector.records.find(record => record.timestampMs >= timeMs)
    if (found !== undefined) return found.offset
  }
  return log.endOffset
}
