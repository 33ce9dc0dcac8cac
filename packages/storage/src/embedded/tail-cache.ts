import { BLOCK_HEADER_BYTES, type RecordCollector } from './block.ts'
import { readOffset } from './keys.ts'
import type { PartitionLog, TailBlock } from './partition-log.ts'

/** So that small blocks do not cost more than their bytes, and the front of a log's list is taken off without a copy. */
const MAX_BLOCKS = 8192

/**
 * The newest blocks of all logs, so that readers at the tail do not touch the store. Bounded in bytes and in blocks over
 * all partitions; the oldest block goes first, which is also the oldest of its log, so that a log's tail never has a gap.
 */
export class TailCache {
  readonly #limitBytes: number
  #blocks: (TailBlock | undefined)[] = []
  #head = 0
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  add(block: TailBlock): void {
    this.#blocks.push(block)
    block.log.tail.push(block)
    this.#bytes += block.bytes.length
    while (this.#isOver() && this.#head < this.#blocks.length) this.#dropOldest()
    if (this.#head > 1024 && this.#head * 2 > this.#blocks.length) this.#compact()
  }

  /** Forgets everything: what the store holds may differ from what was thought. */
  clear(): void {
    for (const block of this.#blocks) if (block !== undefined) block.log.tail.length = 0
    this.#blocks = []
    this.#head = 0
    this.#bytes = 0
  }

  #isOver(): boolean {
    return this.#bytes > this.#limitBytes || this.#blocks.length - this.#head > MAX_BLOCKS
  }

  #dropOldest(): void {
    const block = this.#blocks[this.#head]
    this.#blocks[this.#head++] = undefined
    if (block === undefined) return
    block.log.tail.shift()
    this.#bytes -= block.bytes.length
  }

  #compact(): void {
    this.#blocks = this.#blocks.slice(this.#head)
    this.#head = 0
  }
}

/**
 * Fills the collector from the log's tail; answers the offset to read on from, or undefined when the cache does not reach back
 * that far.
 */
export function collectCached(
  log: PartitionLog,
  offset: number,
  collector: RecordCollector,
): number | undefined {
  const first = tailIndexOf(log, offset)
  if (first < 0) return undefined
  const { tail } = log
  for (let index = first; index < tail.length && !collector.full; index++) {
    const block = tail[index]
    if (block === undefined) continue
    if (block.gone === undefined) collector.take(block.bytes, offset)
    else collectTable(block.bytes, block.gone, offset, collector)
  }
  if (!collector.full) return tail.at(-1)?.nextOffset ?? offset
  return (collector.records.at(-1)?.offset ?? offset - 1) + 1
}

/** A record of a compacted topic is there no more. */
export function forgetCached(log: PartitionLog, offset: number): void {
  const index = tailIndexOf(log, offset)
  if (index >= 0) log.tail[index]?.gone?.add(offset)
}

/** Blocks of one record each. */
function collectTable(
  bytes: Buffer,
  gone: ReadonlySet<number>,
  from: number,
  collector: RecordCollector,
): void {
  for (let at = 0; at < bytes.length && !collector.full; ) {
    const offset = readOffset(bytes, at + 8)
    if (offset < from || gone.has(offset))
      at += BLOCK_HEADER_BYTES + bytes.readUInt32BE(at + BLOCK_HEADER_BYTES)
    else at = collector.take(bytes, from, at)
  }
}

/** Index in the log's tail of the block that holds `offset`; −1 when the cache does not reach back that far. */
export function tailIndexOf(log: PartitionLog, offset: number): number {
  const { tail } = log
  const first = tail[0]
  if (first === undefined || offset < first.baseOffset) return -1
  let [low, high] = [0, tail.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const block = tail[middle]
    if (block !== undefined && block.nextOffset <= offset) low = middle + 1
    else high = middle
  }
  return low
}
