import { FrameSizeError } from './errors.ts'

const HEADER_BYTES = 4
const NOTHING: Buffer = Buffer.alloc(0)
const FIRST_PARTIAL_BYTES = 1_024

/**
 * Cuts a byte stream into frames: a 4-byte big-endian length, then that many bytes. Hot path.
 *
 * F1 A frame that arrived in one piece is a view into the chunk; nothing is copied.
 * F2 Memory for an unfinished frame is at most twice what was received of it (and 1 KiB), whatever length it announced.
 */
export class FrameAssembler {
  /** The frame found by `next`: the bytes [start, end) of `frame`. */
  frame: Buffer = NOTHING
  start = 0
  end = 0
  readonly #maxFrameBytes: number
  #chunk = NOTHING
  #position = 0
  #headerBytes = 0
  #length = 0
  #partial = NOTHING
  #filled = 0

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** Bytes of the chunk that no frame has taken yet. */
  get unreadBytes(): number {
    return this.#chunk.length - this.#position
  }

  /** A frame has begun and is not complete. */
  get isInsideFrame(): boolean {
    return this.#headerBytes > 0
  }

  /** Adds received bytes. The chunk before must be read up, that is `next` has answered false. */
  push(chunk: Buffer): void {
    this.#chunk = chunk
    this.#position = 0
  }

  /** Moves to the next complete frame; false when more bytes are needed. Throws `WIRE_FRAME_SIZE`. */
  next(): boolean {
    if (!this.#readHeader()) return false
    const start = this.#position
    const available = this.#chunk.length - start
    if (this.#filled === 0 && available >= this.#length) {
      this.#found(this.#chunk, start, start + this.#length)
      this.#position = this.end
      return true
    }
    return this.#fill(available)
  }

  #readHeader(): boolean {
    while (this.#headerBytes < HEADER_BYTES) {
      const byte = this.#chunk[this.#position]
      if (byte === undefined) return false
      this.#position += 1
      this.#length = (this.#length << 8) | byte
      this.#headerBytes += 1
      if (this.#headerBytes === HEADER_BYTES) this.#checkLength()
    }
    return true
  }

  #checkLength(): void {
    if (this.#length > 0 && this.#length <= this.#maxFrameBytes) return
    throw new FrameSizeError(
      `a frame of ${this.#length} bytes was announced, allowed are 1 to ${this.#maxFrameBytes}`,
      { details: { announcedBytes: this.#length, maxFrameBytes: this.#maxFrameBytes } },
    )
  }

  #fill(available: number): boolean {
    const wanted = Math.min(this.#length - this.#filled, available)
    this.#growPartial(this.#filled + wanted)
    this.#chunk.copy(this.#partial, this.#filled, this.#position, this.#position + wanted)
    this.#position += wanted
    this.#filled += wanted
    if (this.#filled < this.#length) return false
    this.#found(this.#partial, 0, this.#length)
    this.#partial = NOTHING
    this.#filled = 0
    return true
  }

  #growPartial(bytes: number): void {
    if (bytes <= this.#partial.length) return
    const size = Math.min(this.#length, Math.max(FIRST_PARTIAL_BYTES, bytes * 2))
    const grown = Buffer.allocUnsafeSlow(size)
    this.#partial.copy(grown, 0, 0, this.#filled)
    this.#partial = grown
  }

  #found(frame: Buffer, start: number, end: number): void {
    this.frame = frame
    this.start = start
    this.end = end
    this.#headerBytes = 0
    this.#length = 0
  }
}
