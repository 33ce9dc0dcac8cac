/** Hot path: once per fetch. */
import type { Clock } from '@ddmq/common/clock'
import { StorageError } from '../errors.ts'
import type { CallOptions, Position, ReadLimits, ReadResult } from '../port/cluster.ts'
import type { RocksStore } from '../rocksdb/index.ts'
import { RecordCollector } from './block.ts'
import { collectStored } from './block-reader.ts'
import { asStorageError } from './group-commit.ts'
import { outOfRange } from './log-errors.ts'
import type { PartitionLog } from './partition-log.ts'
import { collectCached } from './tail-cache.ts'
import type { Topics } from './topics.ts'

interface ReaderDeps {
  readonly store: RocksStore
  readonly topics: Topics
  readonly clock: Clock
  readonly epoch: number
}

/** Reads by position: from the tail cache where it reaches back far enough, else from the store. */
export class LogReader {
  readonly #store: RocksStore
  readonly #topics: Topics
  readonly #clock: Clock
  readonly #epoch: number
  readonly #waiting = new Set<() => void>()
  #closed = false
  /** Where the next call starts among its positions, so that none is starved by a full one before it. */
  #turn = 0

  constructor(deps: ReaderDeps) {
    this.#store = deps.store
    this.#topics = deps.topics
    this.#clock = deps.clock
    this.#epoch = deps.epoch
  }

  /** Ends every wait; what waits answers with what there is. */
  close(): void {
    this.#closed = true
    for (const wake of this.#waiting) wake()
  }

  async read(
    positions: readonly Position[],
    limits: ReadLimits,
    { deadlineMs, signal }: CallOptions,
  ): Promise<readonly ReadResult[]> {
    const untilMs = this.#clock.monotonicMs() + Math.min(limits.maxWaitMs, deadlineMs)
    for (;;) {
      const results = await this.#readOnce(positions, Math.max(1, limits.maxBytes))
      const remainingMs = untilMs - this.#clock.monotonicMs()
      const isOver = remainingMs <= 0 || this.#closed || signal?.aborted === true
      if (isOver || isAnswer(positions, results)) return results
      await this.#news(positions, remainingMs, signal)
    }
  }

  async #readOnce(positions: readonly Position[], maxBytes: number): Promise<readonly ReadResult[]> {
    const results: ReadResult[] = Array.from({ length: positions.length })
    let remainingBytes = maxBytes
    const start = this.#turn++
    for (let step = 0; step < positions.length; step++) {
      const index = (start + step) % positions.length
      const position = positions[index]
      if (position === undefined) continue
      const collector = remainingBytes > 0 ? new RecordCollector(remainingBytes) : undefined
      results[index] = await this.#readPosition(position, collector)
      remainingBytes -= collector?.bytes ?? 0
    }
    return results
  }

  async #readPosition(position: Position, collector: RecordCollector | undefined): Promise<ReadResult> {
    const { topic, partition, offset } = position
    let endOffset = offset
    try {
      const log = this.#topics.log(topic, partition)
      endOffset = log.endOffset
      checkInLog(log, offset)
      if (collector === undefined || offset === endOffset) {
        return { topic, partition, records: [], nextOffset: offset, endOffset, epoch: this.#epoch }
      }
      const nextOffset = await this.#collect(log, offset, collector)
      return { topic, partition, records: collector.records, nextOffset, endOffset, epoch: this.#epoch }
    } catch (thrown) {
      return { topic, partition, records: [], nextOffset: offset, endOffset, error: asStorageError(thrown) }
    }
  }

  async #collect(log: PartitionLog, offset: number, collector: RecordCollector): Promise<number> {
    const nextOffset = collectCached(log, offset, collector)
    if (nextOffset !== undefined) return nextOffset
    return collectStored(this.#store, log, { from: offset, end: log.endOffset }, collector)
  }

  /** Resolves when one of the positions may have something else to answer, or after `ms`. */
  async #news(positions: readonly Position[], ms: number, signal: AbortSignal | undefined): Promise<void> {
    const logs: PartitionLog[] = []
    for (const { topic, partition, offset } of positions) {
      const log = this.#topics.find(topic)?.logs[Number(partition)]
      // Moved on while the others were read.
      if (log === undefined || log.endOffset !== offset) return
      logs.push(log)
    }
    await new Promise<void>(resolve => {
      const wake = (): void => {
        cancelTimer()
        signal?.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        for (const log of logs) log.waiters.delete(wake)
        resolve()
      }
      const cancelTimer = this.#clock.schedule(ms, wake)
      signal?.addEventListener('abort', wake)
      this.#waiting.add(wake)
      for (const log of logs) log.waiters.add(wake)
    })
  }
}

function isAnswer(positions: readonly Position[], results: readonly ReadResult[]): boolean {
  if (positions.length === 0) return true
  return results.some(
    (result, index) =>
      result.records.length > 0 ||
      result.error !== undefined ||
      result.nextOffset !== positions[index]?.offset,
  )
}

function checkInLog(log: PartitionLog, offset: number): void {
  if (!Number.isSafeInteger(offset))
    throw new StorageError('invalid', `offset ${offset} is not a whole number`)
  if (offset >= log.startOffset && offset <= log.endOffset) return
  throw outOfRange(log, offset)
}
