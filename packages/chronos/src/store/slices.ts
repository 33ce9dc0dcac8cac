import type { StoredRecord } from '@ddmq/storage'
import type { ShardPosition } from './shard-index.ts'

/** What is done with so many at a time takes less than 5 ms, and other work comes in between. */
const SLICE = 500

/** Records that are taken in by one write. */
export interface Slice {
  readonly records: readonly StoredRecord[]
  /** Behind them. */
  readonly position: ShardPosition
}

/**
 * What was read from the log, cut into slices that are taken in one after another. The log may be cut anywhere, between two records
 * of a transaction too: an index at any position is what the records before it say (SPEC.md I1), and goes on from there.
 */
export class Slices {
  /** Those that are not given out yet: what was is held no longer (D4 of `DelayIndex`). */
  readonly #left: (readonly StoredRecord[])[] = []
  readonly #end: ShardPosition

  constructor(records: readonly StoredRecord[], end: ShardPosition) {
    for (let from = 0; from < records.length; from += SLICE)
      this.#left.push(records.slice(from, from + SLICE))
    this.#end = end
  }

  get isOver(): boolean {
    return this.#left.length === 0
  }

  /**
   * The last one holds none where none was read. `before`: where the index stands. Only at the end of the last slice it has caught
   * up as far as the end says.
   */
  next(before: ShardPosition): Slice {
    const records = this.#left.shift() ?? []
    const following = this.#left[0]?.[0]
    if (following === undefined) return { records, position: this.#end }
    return { records, position: { ...this.#end, offset: following.offset, caughtUpMs: before.caughtUpMs } }
  }
}
