import { Bag, type Placed } from '@ddmq/common/collections'

/** What a block needs of the jobs whose records lie in it. */
export interface BlockTenant extends Placed {
  /** Of its record, in the block. */
  readonly recordBytes: number
  /** Gives its record memory of its own. */
  moveOut(): void
}

/** A block of which less than this part is still needed is not kept for it. */
const SMALL_AGAINST_BLOCK = 8

/**
 * A piece of memory that many records came in and are views of. Hot: one call when a record is started and one when it is
 * finished, so that records which are consumed together are never copied.
 *
 * D1 From when the last record was started, a block is kept only while at least an eighth of it is needed; then what is
 *    left moves out. So a slow message does not pin what came with it, and what is pinned is at most eight times what the
 *    byte budget knows of.
 * D2 A job is let go of when it is finished: kept until its block is through, it would outlive its youth in the heap.
 */
export class RecordBlock {
  readonly buffer: ArrayBufferLike
  readonly #tenants = new Bag<BlockTenant>()
  #neededBytes = 0
  #isComplete = false

  constructor(buffer: ArrayBufferLike) {
    this.buffer = buffer
  }

  started(tenant: BlockTenant): void {
    this.#tenants.add(tenant)
    this.#neededBytes += tenant.recordBytes
  }

  finished(tenant: BlockTenant): void {
    this.#neededBytes -= tenant.recordBytes
    this.#tenants.delete(tenant)
    if (this.#isComplete) this.#clearOut()
  }

  /** No further record of it will be started. */
  complete(): void {
    this.#isComplete = true
    this.#clearOut()
  }

  #clearOut(): void {
    if (this.#tenants.size === 0) return
    if (this.#neededBytes * SMALL_AGAINST_BLOCK > this.buffer.byteLength) return
    for (const tenant of this.#tenants) tenant.moveOut()
    this.#tenants.clear()
  }
}
