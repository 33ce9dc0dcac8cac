const INITIAL_CAPACITY = 64

/**
 * Which offsets of one partition are under way, and up to where the group's position may be committed
 * (consumer-proxy.md §16.1). Hot: called twice per message, allocates only when the ring grows.
 *
 * T1 Offsets are started in ascending order; gaps are allowed (compaction, aborted transactions).
 * T2 `committable` is the lowest unfinished offset, or where nothing is unfinished the offset after everything started.
 *    So it never passes an unfinished message.
 * T3 `committable` never moves back.
 * T4 Finishing what is not outstanding changes nothing.
 */
export class OffsetTracker {
  /** Started offsets, ascending, from `#head` on; a finished one inside the ring is marked in `#finished`. */
  #offsets = new Float64Array(INITIAL_CAPACITY)
  #finished = new Uint8Array(INITIAL_CAPACITY)
  #head = 0
  #size = 0
  /** Everything below was started or holds no message. */
  #next: number

  constructor(position: number) {
    this.#next = position
  }

  /** Next offset the group would consume after a restart. */
  get committable(): number {
    return this.#size === 0 ? this.#next : this.#at(this.#offsets, 0)
  }

  /** Distance from the first unfinished message to the end of what was started; 0 when all is finished. */
  get span(): number {
    return this.#next - this.committable
  }

  start(offset: number): void {
    if (offset < this.#next) throw new RangeError(`offset ${offset} started again, next is ${this.#next}`)
    if (this.#size === this.#offsets.length) this.#grow()
    const slot = (this.#head + this.#size) & (this.#offsets.length - 1)
    this.#offsets[slot] = offset
    this.#finished[slot] = 0
    this.#size += 1
    this.#next = offset + 1
  }

  /** The offsets below hold no message that was not started. */
  skipTo(offset: number): void {
    if (offset > this.#next) this.#next = offset
  }

  /** False when the offset was not outstanding. */
  finish(offset: number): boolean {
    const index = this.#indexOf(offset)
    if (index < 0) return false
    const mask = this.#offsets.length - 1
    const slot = (this.#head + index) & mask
    if (this.#finished[slot] === 1) return false
    this.#finished[slot] = 1
    while (this.#size > 0 && this.#finished[this.#head] === 1) {
      this.#head = (this.#head + 1) & mask
      this.#size -= 1
    }
    return true
  }

  #indexOf(offset: number): number {
    let low = 0
    let high = this.#size - 1
    while (low <= high) {
      const middle = (low + high) >> 1
      const found = this.#at(this.#offsets, middle)
      if (found === offset) return middle
      if (found < offset) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  #at(ring: Float64Array, index: number): number {
    return ring[(this.#head + index) & (ring.length - 1)] ?? 0
  }

  #grow(): void {
    const capacity = this.#offsets.length
    const offsets = new Float64Array(capacity * 2)
    const finished = new Uint8Array(capacity * 2)
    for (let index = 0; index < this.#size; index++) {
      const slot = (this.#head + index) & (capacity - 1)
      offsets[index] = this.#offsets[slot] ?? 0
      finished[index] = this.#finished[slot] ?? 0
    }
    this.#offsets = offsets
    this.#finished = finished
    this.#head = 0
  }
}
