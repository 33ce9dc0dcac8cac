/** Hot path: once per block that is written. */

const SLAB_BYTES = 64 * 1024
/** Larger ones have memory of their own; of blocks of one size up to this at most a third of a slab is left unused. */
const MAX_SHARED_BYTES = SLAB_BYTES / 2

/**
 * Memory for blocks, many of them in one buffer. The newest blocks are held for long (the tail cache), and a buffer object for
 * each is what the garbage collector would spend most of an append on: it moves each of them twice.
 */
export class BlockMemory {
  /** Where the block is that was placed last. */
  buffer: Buffer = Buffer.alloc(0)
  #slab: Buffer = Buffer.alloc(0)
  #at = 0

  /** Room for a block in `buffer`, which is to be read right after; answers where it begins there. */
  place(bytes: number): number {
    if (bytes > MAX_SHARED_BYTES) {
      this.buffer = Buffer.allocUnsafeSlow(bytes)
      return 0
    }
    if (this.#at + bytes > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES)
      this.#at = 0
    }
    this.buffer = this.#slab
    const start = this.#at
    this.#at += bytes
    return start
  }
}
