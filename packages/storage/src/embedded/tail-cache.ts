import { BLOCK_HEADER_BYTES, type RecordCollector } from './block.ts'
import { readOffset } from './keys.ts'
import type { PartitionLog } from './partition-log.ts'
import { type CachedBlock, type TailBlock, TailPlace } from './tail-block.ts'

/** So that small blocks do not cost more than their bytes. */
const MAX_BLOCKS = 8192

/**
 * The newest blocks of all logs, so that readers at the tail do not touch the store. Bounded in bytes and in blocks over
 * all partitions; the oldest block goes first, which is also the oldest of its log, so that a log's tail never has a gap.
 */
export class TailCache {
  readonly #limitBytes: number
  /** Oldest first from `#oldest` on, around the end. */
  readonly #places: TailPlace[] = []
  #oldest = 0
  #count = 0
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  add(block: TailBlock): void {
    if (this.#count === MAX_BLOCKS) this.#dropOldest()
    block.log.tail.push(this.#place(block))
    this.#count++
    this.#bytes += block.end - block.start
    while (this.#bytes > this.#limitBytes) this.#dropOldest()
  }

  /** Forgets everything: what the store holds may differ from what was thought. */
  clear(): void {
    while (this.#count > 0) this.#dropOldest()
  }

  #place(block: TailBlock): TailPlace {
    const index = (this.#oldest + this.#count) % MAX_BLOCKS
    const place = this.#places[index]
    if (place === undefined) return (this.#places[index] = new TailPlace(block))
    place.hold(block)
    return place
  }

  #dropOldest(): void {
    const place = this.#places[this.#oldest]
    this.#oldest = (this.#oldest + 1) % MAX_BLOCKS
    this.#count--
    if (place === undefined) return
    place.log?.tail.shift()
    this.#bytes -= place.end - place.start
    place.clear()
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
  for (let index = first; index < tail.size && !collector.full; index++) {
    const block = tail.at(index)
    if (block === undefined) continue
    if (block.gone === undefined) collector.take(block.buffer, offset, block.start)
    else collectTable(block, block.gone, offset, collector)
  }
  if (!collector.full) return tail.at(tail.size - 1)?.nextOffset ?? offset
  return (collector.records.at(-1)?.offset ?? offset - 1) + 1
}

/** A record of a compacted topic is there no more. */
export function forgetCached(log: PartitionLog, offset: number): void {
  const index = tailIndexOf(log, offset)
  if (index >= 0) log.tail.at(index)?.gone?.add(offset)
}

/** Blocks of one record each. */
function collectTable(
  { buffer, start, end }: CachedBlock,
  gone: ReadonlySet<number>,
  from: number,
  collector: RecordCollector,
): void {
  for (let at = start; at < end && !collector.full; ) {
    const offset = readOffset(buffer, at + 8)
    if (offset < from || gone.has(offset))
      at += BLOCK_HEADER_BYTES + buffer.readUInt32BE(at + BLOCK_HEADER_BYTES)
    else at = collector.take(buffer, from, at)
  }
}

/** Index in the log's tail of the block that holds `offset`; −1 when the cache does not reach back that far. */
export function tailIndexOf(log: PartitionLog, offset: number): number {
  const { tail } = log
  const first = tail.at(0)
  if (first === undefined || offset < first.baseOffset) return -1
  let [low, high] = [0, tail.size]
  while (low < high) {
    const middle = (low + high) >>> 1
    const block = tail.at(middle)
    if (block !== undefined && block.nextOffset <= offset) low = middle + 1
    else high = middle
  }
  return low
}
