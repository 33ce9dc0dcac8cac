import { LimitExceededError, MalformedError, TruncatedError } from './errors.ts'
import { TextCache } from './text-cache.ts'

/** Structs open at once. The one recursive struct, ConsumeResult, is read by a loop, so depth costs no stack. */
const MAX_STRUCT_DEPTH = 10_000
/** Containers and structs inside each other in a value that is skipped; `skip` recurses. */
export const MAX_SKIP_DEPTH = 64
/** Elements of one list, set or map of anything but numbers: each becomes an object many times its bytes. */
const MAX_ELEMENTS = 131_072

const NOTHING: Buffer = Buffer.alloc(0)

/**
 * The bytes a protocol reads. Hot path. Every read is checked against the end of the frame, every announced size against
 * what is left, before anything is allocated for it.
 */
export class ByteSource {
  #buffer = NOTHING
  #position = 0
  #end = 0
  #depth = 0
  readonly #texts = new TextCache()

  /** Starts over with the bytes [start, end) of `buffer`; they stay the caller's. */
  reset(buffer: Buffer, start: number, end: number): void {
    this.#buffer = buffer
    this.#position = start
    this.#end = end
    this.#depth = 0
  }

  get remaining(): number {
    return this.#end - this.#position
  }

  protected u8(): number {
    const byte = this.#buffer[this.#position]
    if (byte === undefined || this.#position >= this.#end) throw this.#truncated(1)
    this.#position += 1
    return byte
  }

  /** Moves over `size` bytes and returns where they began. */
  protected advance(size: number): number {
    const start = this.#position
    if (size > this.#end - start) throw this.#truncated(size)
    this.#position = start + size
    return start
  }

  protected view(size: number): Buffer {
    const start = this.advance(size)
    return this.#buffer.subarray(start, start + size)
  }

  protected text(size: number): string {
    const start = this.advance(size)
    return this.#texts.read(this.#buffer, start, start + size)
  }

  protected bigEndianI16(): number {
    return this.#buffer.readInt16BE(this.advance(2))
  }

  protected bigEndianI32(): number {
    return this.#buffer.readInt32BE(this.advance(4))
  }

  protected bigEndianDouble(): number {
    return this.#buffer.readDoubleBE(this.advance(8))
  }

  protected littleEndianDouble(): number {
    return this.#buffer.readDoubleLE(this.advance(8))
  }

  /** Returns the new depth. */
  protected enter(): number {
    if (this.#depth >= MAX_STRUCT_DEPTH) {
      throw new LimitExceededError(`structs are nested deeper than ${MAX_STRUCT_DEPTH}`)
    }
    this.#depth += 1
    return this.#depth
  }

  protected leave(): number {
    this.#depth -= 1
    return this.#depth
  }

  /** `size` elements of at least `minBytes` each must fit into what is left. */
  protected checkElements(size: number, minBytes: number, areNumbers: boolean): void {
    if (size < 0) throw new MalformedError(`a container has the size ${size}`)
    if (size * minBytes > this.remaining) throw this.#truncated(size * minBytes)
    if (size > MAX_ELEMENTS && !areNumbers) {
      throw new LimitExceededError(`a container has ${size} elements, more than ${MAX_ELEMENTS}`)
    }
  }

  #truncated(wanted: number): TruncatedError {
    return new TruncatedError(`${wanted} bytes expected, ${this.remaining} left`)
  }
}
