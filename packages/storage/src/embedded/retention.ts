import type { RocksStore } from '../rocksdb/index.ts'
import { type BlockHeader, RecordCollector } from './block.ts'
import { blockAt } from './block-reader.ts'
import { findBlock } from './block-search.ts'
import type { GroupCommit } from './group-commit.ts'
import { blockRange, offsetOfKey, stateKey, tableRecordKey, tombstoneRange } from './keys.ts'
import { checkedHeader } from './log-errors.ts'
import type { PartitionLog } from './partition-log.ts'
import { encodeState } from './partition-state.ts'
import { commitTask } from './task-job.ts'
import type { Topics } from './topics.ts'

const TOMBSTONES_PER_BATCH = 500

export interface RetentionDeps {
  readonly store: RocksStore
  readonly topics: Topics
  readonly commits: GroupCommit
  /** Of topics that do not say. */
  readonly tombstoneRetentionMs: number
}

/** What one pass removed. */
export interface RetentionResult {
  readonly partitions: number
  readonly tombstones: number
}

/**
 * Deletes what is older or more than a topic keeps, whole blocks at a time, and tombstones that were kept long enough.
 *
 * E9 A log only ever loses its beginning. The new start is stored in the batch that deletes, and readers are refused what
 *    is below it from before that batch is written, so a missing record is never taken for damage or for the end.
 */
export async function enforceRetention(deps: RetentionDeps, nowMs: number): Promise<RetentionResult> {
  let [partitions, tombstones] = [0, 0]
  for (const topic of deps.topics.all()) {
    for (const log of topic.logs) {
      if (topic.deleted) continue
      if (topic.compacted) {
        const keptMs = topic.tombstoneRetentionMs(deps.tombstoneRetentionMs)
        tombstones += await dropTombstones(deps, log, nowMs - keptMs)
      } else if (await trim(deps, log, nowMs)) partitions++
    }
  }
  // Range deletes give the disk space back only when the memory table is written out.
  if (partitions > 0) await deps.store.flush()
  return { partitions, tombstones }
}

async function trim(deps: RetentionDeps, log: PartitionLog, nowMs: number): Promise<boolean> {
  const { retentionMs, retentionBytes } = log.topic.entry
  const oldestMs = retentionMs === null ? Number.NEGATIVE_INFINITY : nowMs - retentionMs
  const goneBytes = retentionBytes === null ? Number.NEGATIVE_INFINITY : log.logBytes - retentionBytes
  const isKept = (header: BlockHeader): boolean =>
    header.appendedMs >= oldestMs && header.logBytes > goneBytes
  if (log.startOffset === log.endOffset) return false
  // Looked up once, not in every pass: a log that loses nothing costs no read.
  if (log.firstBlock?.baseOffset !== log.startOffset) {
    log.firstBlock = (await blockAt(deps.store, log, log.startOffset))?.header
  }
  if (log.firstBlock === undefined || isKept(log.firstBlock)) return false
  const startOffset = await findBlock(deps.store, log, isKept)
  const previous = log.startOffset
  await commitTask(deps.commits, {
    stage: ({ batch }) => {
      const { gte, lt } = blockRange(log, 0, startOffset)
      batch.deleteRange(gte, lt).put(stateKey(log), encodeState(log, startOffset))
      log.startOffset = startOffset
    },
    undo: () => {
      log.startOffset = previous
    },
  })
  return true
}

/** Removes tombstones appended before a time. Each is looked at again in its batch: its key may have a value again. */
async function dropTombstones(deps: RetentionDeps, log: PartitionLog, beforeMs: number): Promise<number> {
  let dropped = 0
  let from = 0
  for (;;) {
    const entries = await deps.store.scan({
      ...tombstoneRange(log, from, log.endOffset),
      limit: TOMBSTONES_PER_BATCH,
      values: false,
    })
    const offsets = entries.map(({ key }) => offsetOfKey(key))
    const due = await dueTombstones(deps.store, log, offsets, beforeMs)
    if (due.length > 0) dropped += await dropDue(deps, log, due)
    const last = offsets.at(-1)
    // Offsets grow with the time of append, so after the first that is not due none is.
    if (last === undefined || offsets.length < TOMBSTONES_PER_BATCH || due.length < offsets.length)
      return dropped
    from = last + 1
  }
}

interface Tombstone {
  readonly offset: number
  readonly key: Uint8Array
}

async function dueTombstones(
  store: RocksStore,
  log: PartitionLog,
  offsets: readonly number[],
  beforeMs: number,
): Promise<readonly Tombstone[]> {
  const blocks = await store.getMany(offsets.map(offset => tableRecordKey(log, offset)))
  const due: Tombstone[] = []
  for (const [index, offset] of offsets.entries()) {
    const block = blocks[index]
    // Replaced since the scan: no tombstone any more.
    if (block === undefined) continue
    if (checkedHeader(log, offset, block).appendedMs >= beforeMs) return due
    const collector = new RecordCollector(1)
    collector.take(block, 0)
    const record = collector.records[0]
    if (record !== undefined && record.key !== null) due.push({ offset, key: record.key })
  }
  return due
}

/**
 * The table entries are read outside the batch that deletes; a record of the same key that is staged meanwhile would be
 * lost with its index entry. So the keys go through the same look-up as appends do, and only an entry that still
 * points at the tombstone is removed.
 */
async function dropDue(deps: RetentionDeps, log: PartitionLog, due: readonly Tombstone[]): Promise<number> {
  let dropped = 0
  const lookups = due.map(({ key }) => ({ key, value: null, headers: [], timestampMs: 0 }))
  await commitTask(deps.commits, {
    tableAppends: [{ log, records: lookups }],
    stage: staging => {
      dropped = 0
      for (const { key, offset } of due)
        if (staging.table.remove(staging.batch, log, { key, offset })) dropped++
      staging.batch.put(stateKey(log), encodeState(log, log.startOffset))
    },
  })
  return dropped
}
