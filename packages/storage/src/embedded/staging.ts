/**
 * Hot path: builds one write batch out of many jobs.
 *
 * E2 Offsets are given out while the batch is built and become the log's only when its write has resolved; after a
 *    failure they are given out again.
 * E3 All records of one log in one batch are consecutive, in the order of the jobs.
 */
import type { LogRecord } from '../port/record.ts'
import { WriteBatch } from '../rocksdb/index.ts'
import { BLOCK_HEADER_BYTES, type BlockHeader, encodeBlock, maxTimestampOf } from './block.ts'
import { TableView } from './compacted-table.ts'
import { blockKey } from './keys.ts'
import { type PartitionLog, StagedRecords, type TailBlock } from './partition-log.ts'

/** Blocks are closed at this size, so that a reader never loads much more than it asked for. */
const MAX_BLOCK_BYTES = 1024 * 1024

/** The log as it will be once the write has resolved. */
interface Progress {
  endOffset: number
  logTimestampMs: number
  appendedMs: number
  logBytes: number
}

export class Staging {
  readonly batch = new WriteBatch()
  readonly table = new TableView()
  readonly #nowMs: number
  readonly #logs: PartitionLog[] = []
  readonly #progress: Progress[] = []
  readonly #blocks: TailBlock[] = []
  #bytes = 0
  #records = 0

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  /** Logs that get records; for the caller to wake their readers. */
  get logs(): readonly PartitionLog[] {
    return this.#logs
  }

  get records(): number {
    return this.#records
  }

  /** Record bytes staged. */
  get bytes(): number {
    return this.#bytes
  }

  /** Adds records, each with its encoded size; answers the offset of the first. Never fails. */
  append(log: PartitionLog, records: readonly LogRecord[], sizes: readonly number[]): number {
    const { staged } = log
    let baseOffset = log.endOffset
    if (staged === undefined) {
      log.staged = new StagedRecords(records, sizes)
      this.#logs.push(log)
    } else {
      baseOffset += staged.records.length
      staged.add(records, sizes)
    }
    for (let index = 0; index < sizes.length; index++) this.#bytes += sizes[index] ?? 0
    this.#records += records.length
    return baseOffset
  }

  /** Encodes what was appended into the batch. Called once, when all jobs are staged. */
  encode(): void {
    for (const log of this.#logs) {
      const { staged } = log
      const progress = {
        endOffset: log.endOffset,
        logTimestampMs: log.logTimestampMs,
        appendedMs: Math.max(log.appendedMs, this.#nowMs),
        logBytes: log.logBytes,
      }
      this.#progress.push(progress)
      if (staged !== undefined && !log.topic.deleted) this.#encodeLog(log, staged, progress)
    }
  }

  /** Takes what was staged out of the logs, whatever became of it: the next batch starts from nothing. */
  release(): void {
    for (const log of this.#logs) log.staged = undefined
  }

  /** The write has resolved: what was staged is now the logs' state. Answers the new blocks. */
  apply(): readonly TailBlock[] {
    for (let index = 0; index < this.#logs.length; index++) {
      const log = this.#logs[index]
      if (log !== undefined) Object.assign(log, this.#progress[index])
    }
    return this.#blocks
  }

  #encodeLog(log: PartitionLog, staged: StagedRecords, progress: Progress): void {
    const { records, sizes } = staged
    // A block of a compacted topic is one record: whatever is taken, the next one does not fit.
    const maxBlockBytes = log.topic.compacted ? 0 : MAX_BLOCK_BYTES
    let from = 0
    while (from < records.length) {
      let to = from + 1
      let recordBytes = sizes[from] ?? 0
      while (to < records.length && recordBytes + (sizes[to] ?? 0) <= maxBlockBytes) {
        recordBytes += sizes[to++] ?? 0
      }
      const header = headerOf(records, { from, to, recordBytes }, progress)
      const block = encodeBlock({ records, from, to, recordBytes }, header)
      this.#putBlock(log, header, block, records[from])
      progress.endOffset += header.count
      progress.logTimestampMs = header.logTimestampMs
      progress.logBytes = header.logBytes
      from = to
    }
  }

  #putBlock(log: PartitionLog, header: BlockHeader, block: Buffer, first: LogRecord | undefined): void {
    const nextOffset = header.baseOffset + header.count
    if (!log.topic.compacted) {
      this.batch.put(blockKey(log, nextOffset - 1), block)
      this.#blocks.push({ log, baseOffset: header.baseOffset, nextOffset, bytes: block })
    } else if (first !== undefined) {
      this.table.put(this.batch, log, { offset: header.baseOffset, record: first, block })
    }
  }
}

function headerOf(
  records: readonly LogRecord[],
  { from, to, recordBytes }: { from: number; to: number; recordBytes: number },
  log: Progress,
): BlockHeader {
  const maxTimestampMs = maxTimestampOf(records, from, to)
  return {
    baseOffset: log.endOffset,
    count: to - from,
    maxTimestampMs,
    logTimestampMs: Math.max(log.logTimestampMs, maxTimestampMs),
    appendedMs: log.appendedMs,
    logBytes: log.logBytes + BLOCK_HEADER_BYTES + recordBytes,
  }
}
