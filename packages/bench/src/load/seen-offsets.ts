const FIRST_SIZE = 1 << 16

/** Which messages of a topic came, so that one which comes twice is noticed. Offsets of a partition that begin near 0. */
export class SeenOffsets {
  /** By partition, a byte for each offset. */
  readonly #seen = new Map<string, Uint8Array>()

  /** Whether it is the first time. */
  add(partition: string, offset: number): boolean {
    const seen = this.#of(partition, offset)
    if (seen[offset] === 1) return false
    seen[offset] = 1
    return true
  }

  #of(partition: string, offset: number): Uint8Array {
    const seen = this.#seen.get(partition) ?? new Uint8Array(FIRST_SIZE)
    if (offset < seen.length && this.#seen.has(partition)) return seen
    const grown = new Uint8Array(Math.max(seen.length, 2 * offset))
    grown.set(seen)
    this.#seen.set(partition, grown)
    return grown
  }
}
