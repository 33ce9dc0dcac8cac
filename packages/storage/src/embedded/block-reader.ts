import { StorageError } from '../errors.ts'
import type { RocksStore } from '../rocksdb/index.ts'
import type { BlockHeader, RecordCollector } from './block.ts'
import { blockRange, offsetOfKey, tableRecordRange } from './keys.ts'
import { checkedHeader, corruptAt, outOfRange, withPlace } from './log-errors.ts'
import type { PartitionLog } from './partition-log.ts'

/** A block as stored, with its check passed. */
export interface StoredBlock {
  readonly header: BlockHeader
  readonly bytes: Buffer
}

/** What one scan may load beyond its first block; a reader that needs one block gets one. */
const SCAN_BYTES = 1024 * 1024
const MAX_SCAN_BLOCKS = 64
/** Of a compacted topic, where a block is one record. */
const MAX_SCAN_RECORDS = 2048
const SCAN_GROWTH = 4

/**
 * The blocks of a log from an offset on, in offset order, below `end`.
 *
 * E6 Nothing is skipped: in a plain log the blocks follow each other without a gap from `offset` to `end`, else it is
 *    `corrupt`. In a compacted topic offsets may be missing, and only those of replaced records are.
 */
export async function* readBlocks(
  store: RocksStore,
  log: PartitionLog,
  from: number,
  end: number,
): AsyncGenerator<StoredBlock, void, undefined> {
  let offset = from
  let limit = 1
  const maxBlocks = log.topic.compacted ? MAX_SCAN_RECORDS : MAX_SCAN_BLOCKS
  while (offset < end) {
    const entries = await scanBlocks(store, log, { from: offset, to: end, limit })
    let largestBytes = 1
    for (const { key, value } of entries) {
      const header = checkedHeader(log, offsetOfKey(key), value)
      if (header.baseOffset > offset) checkGap(log, offset, `the next block starts at ${header.baseOffset}`)
      yield { header, bytes: value }
      largestBytes = Math.max(largestBytes, value.length)
      offset = header.baseOffset + header.count
    }
    if (entries.length < limit) break
    limit = Math.min(limit * SCAN_GROWTH, maxBlocks, Math.max(1, Math.floor(SCAN_BYTES / largestBytes)))
  }
  if (offset < end) checkGap(log, offset, `the log ends at ${end}`)
}

/** Records at `offset` are not there: deleted meanwhile, replaced, or lost. */
function checkGap(log: PartitionLog, offset: number, what: string): void {
  if (log.topic.deleted) throw new StorageError('unknownTopic', `topic ${log.topic.name} was deleted`)
  if (offset < log.startOffset) throw outOfRange(log, offset)
  if (!log.topic.compacted) throw corruptAt(log, offset, `records are missing; ${what}`)
}

/** Fills the collector with records from `offset` on; answers the offset to read on from. */
export async function collectStored(
  store: RocksStore,
  log: PartitionLog,
  range: { readonly from: number; readonly end: number },
  collector: RecordCollector,
): Promise<number> {
  for await (const { bytes } of readBlocks(store, log, range.from, range.end)) {
    collector.take(bytes, range.from)
    if (collector.full) return (collector.records.at(-1)?.offset ?? range.from) + 1
  }
  return range.end
}

/** The first block that ends at or after an offset. */
export async function blockAt(
  store: RocksStore,
  log: PartitionLog,
  offset: number,
): Promise<StoredBlock | undefined> {
  const [entry] = await scanBlocks(store, log, { from: offset, to: log.endOffset, limit: 1 })
  if (entry === undefined) return undefined
  return { header: checkedHeader(log, offsetOfKey(entry.key), entry.value), bytes: entry.value }
}

/** The last block below an offset. */
export async function lastBlock(
  store: RocksStore,
  log: PartitionLog,
  below: number,
): Promise<StoredBlock | undefined> {
  const [entry] = await scanBlocks(store, log, { from: 0, to: below, limit: 1, reverse: true })
  if (entry === undefined) return undefined
  return { header: checkedHeader(log, offsetOfKey(entry.key), entry.value), bytes: entry.value }
}

interface BlockScan {
  readonly from: number
  readonly to: number
  readonly limit: number
  readonly reverse?: boolean
}

async function scanBlocks(store: RocksStore, log: PartitionLog, scan: BlockScan) {
  const range = log.topic.compacted
    ? tableRecordRange(log, scan.from, scan.to)
    : blockRange(log, scan.from, scan.to)
  try {
    return await store.scan({ ...range, limit: scan.limit, reverse: scan.reverse ?? false })
  } catch (thrown) {
    throw withPlace(log, scan.from, thrown)
  }
}
