import type { PartitionLog } from './partition-log.ts'

/** A block held in memory because it is near the end of its log; of a compacted topic, many blocks one after another. */
export interface CachedBlock {
  readonly baseOffset: number
  readonly nextOffset: number
  /** Holds other blocks too; this one from `start` to `end`. */
  readonly buffer: Buffer
  readonly start: number
  readonly end: number
  /** Of a compacted topic: offsets in it whose records were replaced, or removed, since. */
  readonly gone: Set<number> | undefined
}

/** One for the cache, and whose it is. */
export interface TailBlock extends CachedBlock {
  readonly log: PartitionLog
}

const EMPTY: Buffer = Buffer.alloc(0)

/** A place for one block after another: an object that lives as long as a cached block is dear to the garbage collector. */
export class TailPlace implements CachedBlock {
  /** Undefined while it holds nothing. */
  log: PartitionLog | undefined
  baseOffset = 0
  nextOffset = 0
  buffer = EMPTY
  start = 0
  end = 0
  gone: Set<number> | undefined = undefined

  constructor(block: TailBlock) {
    this.hold(block)
  }

  hold({ log, baseOffset, nextOffset, buffer, start, end, gone }: TailBlock): void {
    this.log = log
    this.baseOffset = baseOffset
    this.nextOffset = nextOffset
    this.buffer = buffer
    this.start = start
    this.end = end
    this.gone = gone
  }

  /** Lets go of its memory, and of its log, whose topic may be deleted. */
  clear(): void {
    this.log = undefined
    this.buffer = EMPTY
    this.gone = undefined
  }
}
