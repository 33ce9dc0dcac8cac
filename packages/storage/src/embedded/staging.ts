/**
 * Hot path: builds one write batch out of many jobs.
 *
 * E2 Offsets are given out while the batch is built and become the log's only when its write has resolved; after a
 *    failure they are given out again.
 * E3 All records of one log in one batch are consecutive, in the order of the jobs.
 */
import { StorageError } from '../errors.ts'
import type { LogRecord } from '../port/record.ts'
import { WriteBatch } from '../rocksdb/index.ts'
import {
  BLOCK_HEADER_BYTES,
  type BlockContent,
  type BlockHeader,
  encodeBlock,
  maxTimestampOf,
} from './block.ts'
import type { BlockMemory } from './block-memory.ts'
import { type RemovedRecord, type Slot, TableView } from './compacted-table.ts'
import { blockKey, epochsKey } from './keys.ts'
import { encodeEpochs, type LogEpochs, withEpoch } from './log-epochs.ts'
import type { PartitionLog } from './partition-log.ts'
import { encodedBytes } from './record-size.ts'
import { StagedRecords } from './staged-records.ts'
import type { TailBlock } from './tail-block.ts'

/** Blocks are closed at this size, so that a reader never loads much more than it asked for. */
const MAX_BLOCK_BYTES = 1024 * 1024

const NOTHING: readonly RemovedRecord[] = []

/** The log as it will be once the write has resolved. */
interface Progress {
  endOffset: number
  logTimestampMs: number
  appendedMs: number
  logBytes: number
  epochs: LogEpochs
}

export interface StagingOptions {
  readonly nowMs: number
  readonly epoch: number
  readonly memory: BlockMemory
}

/** What else is known of the records of a compacted topic, in their order. */
interface TableRecords {
  readonly sizes: readonly number[]
  readonly slots: readonly Slot[]
  readonly progress: Progress
}

export class Staging {
  readonly batch = new WriteBatch()
  readonly #nowMs: number
  readonly #epoch: number
  readonly #memory: BlockMemory
  readonly #logs: PartitionLog[] = []
  readonly #progress: Progress[] = []
  readonly #blocks: TailBlock[] = []
  #table: TableView | undefined
  #bytes = 0
  #records = 0

  constructor({ nowMs, epoch, memory }: StagingOptions) {
    this.#nowMs = nowMs
    this.#epoch = epoch
    this.#memory = memory
  }

  /** Of the compacted topics, made when one is touched. */
  get table(): TableView {
    this.#table ??= new TableView()
    return this.#table
  }

  /** Records of compacted topics that the batch deletes. */
  get removed(): readonly RemovedRecord[] {
    return this.#table?.removed ?? NOTHING
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

  /** Adds records of that many encoded bytes together; answers the offset of the first. Never fails. */
  append(log: PartitionLog, records: readonly LogRecord[], bytes: number): number {
    const { staged } = log
    const slots = log.topic.compacted ? this.table.slotsOf({ log, records }) : undefined
    let baseOffset = log.endOffset
    if (staged === undefined) {
      log.staged = new StagedRecords(records, bytes, slots)
      this.#logs.push(log)
    } else {
      baseOffset += staged.records.length
      staged.add(records, bytes, slots)
    }
    this.#bytes += bytes
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
        epochs: log.epochs,
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
      const progress = this.#progress[index]
      if (log !== undefined && progress !== undefined) moveOn(log, progress)
    }
    return this.#blocks
  }

  #encodeLog(log: PartitionLog, staged: StagedRecords, progress: Progress): void {
    const { records, bytes } = staged
    const timestampMs = log.topic.entry.appendTime ? progress.appendedMs : undefined
    this.#markEpoch(log, progress)
    if (bytes <= MAX_BLOCK_BYTES && !log.topic.compacted) {
      this.#putBlock(log, { records, from: 0, to: records.length, recordBytes: bytes, timestampMs }, progress)
    } else this.#putBlocks(log, staged, { timestampMs, progress })
  }

  #putBlocks(
    log: PartitionLog,
    { records, slots }: StagedRecords,
    { timestampMs, progress }: { readonly timestampMs: number | undefined; readonly progress: Progress },
  ): void {
    const sizes = records.map(encodedBytes)
    let from = 0
    while (from < records.length) {
      let to = from + 1
      let recordBytes = sizes[from] ?? 0
      while (to < records.length && recordBytes + (sizes[to] ?? 0) <= MAX_BLOCK_BYTES) {
        recordBytes += sizes[to++] ?? 0
      }
      const content = { records, from, to, recordBytes, timestampMs }
      if (log.topic.compacted) this.#putRecords(log, content, { sizes, slots, progress })
      else this.#putBlock(log, content, progress)
      from = to
    }
  }

  #markEpoch(log: PartitionLog, progress: Progress): void {
    if (log.epochs.at(-1)?.epoch === this.#epoch) return
    progress.epochs = withEpoch(log.epochs, { epoch: this.#epoch, offset: log.endOffset })
    this.batch.put(epochsKey(log), encodeEpochs(progress.epochs))
  }

  #putBlock(log: PartitionLog, content: BlockContent, progress: Progress): void {
    const header = headerOf(content, progress)
    const { baseOffset } = header
    const start = this.#memory.place(BLOCK_HEADER_BYTES + content.recordBytes)
    const end = start + BLOCK_HEADER_BYTES + content.recordBytes
    const { buffer } = this.#memory
    const block = buffer.subarray(start, end)
    encodeBlock(block, content, header)
    advance(progress, header)
    const nextOffset = progress.endOffset
    this.batch.put(blockKey(log, nextOffset - 1), block)
    this.#blocks.push({ log, baseOffset, nextOffset, buffer, start, end, gone: undefined })
  }

  /** Of a compacted topic, where a block is one record: blocks one after another, which the tail cache holds as one. */
  #putRecords(
    log: PartitionLog,
    { records, from, to, recordBytes, timestampMs }: BlockContent,
    { sizes, slots, progress }: TableRecords,
  ): void {
    const start = this.#memory.place(recordBytes + (to - from) * BLOCK_HEADER_BYTES)
    const { buffer } = this.#memory
    const baseOffset = progress.endOffset
    let end = start
    for (let index = from; index < to; index++) {
      const record = records[index]
      const slot = slots[index]
      if (record === undefined || slot === undefined) {
        // Left out, it would move the offsets of those behind it.
        throw new StorageError('invalid', `a record for topic ${log.topic.name} is missing`)
      }
      const content = { records, from: index, to: index + 1, recordBytes: sizes[index] ?? 0, timestampMs }
      const header = headerOf(content, progress)
      const block = buffer.subarray(end, (end += BLOCK_HEADER_BYTES + content.recordBytes))
      encodeBlock(block, content, header)
      this.table.put(this.batch, log, { offset: header.baseOffset, slot, record, block })
      advance(progress, header)
    }
    this.#blocks.push({
      log,
      baseOffset,
      nextOffset: progress.endOffset,
      buffer,
      start,
      end,
      gone: new Set(),
    })
  }
}

function moveOn(log: PartitionLog, progress: Progress): void {
  log.endOffset = progress.endOffset
  log.logTimestampMs = progress.logTimestampMs
  log.appendedMs = progress.appendedMs
  log.logBytes = progress.logBytes
  log.epochs = progress.epochs
}

function advance(progress: Progress, header: BlockHeader): void {
  progress.endOffset += header.count
  progress.logTimestampMs = header.logTimestampMs
  progress.logBytes = header.logBytes
}

function headerOf({ records, from, to, recordBytes, timestampMs }: BlockContent, log: Progress): BlockHeader {
  const maxTimestampMs = timestampMs ?? maxTimestampOf(records, from, to)
  return {
    baseOffset: log.endOffset,
    count: to - from,
    maxTimestampMs,
    logTimestampMs: Math.max(log.logTimestampMs, maxTimestampMs),
    appendedMs: log.appendedMs,
    logBytes: log.logBytes + BLOCK_HEADER_BYTES + recordBytes,
  }
}
