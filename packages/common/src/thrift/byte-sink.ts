const INITIAL_BYTES = 4_096
/** A buffer that grew beyond this is handed out instead of copied, and the next one starts small again. */
const COPY_LIMIT_BYTES = 16_384
/** Up to here a loop over the characters beats the call into native code. */
const SHORT_TEXT = 48
const FRAME_HEADER_BYTES = 4

/**
 * The growing buffer a protocol writes into. Hot path. It is reused between messages: `take` copies small results out and
 * gives large ones away.
 */
export class ByteSink {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Forgets what was written. */
  reset(): void {
    this.#length = 0
  }

  /** Forgets what was written after `length`. */
  truncate(length: number): void {
    this.#length = length
  }

  /** What was written since the last take or reset; the sink keeps no reference to it. */
  take(): Buffer {
    const buffer = this.#buffer
    const length = this.#length
    this.#length = 0
    if (length > COPY_LIMIT_BYTES) {
      this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES)
      return buffer.subarray(0, length)
    }
    const taken = Buffer.allocUnsafe(length)
    buffer.copy(taken, 0, 0, length)
    return taken
  }

  /** Leaves room for a frame's length; returns the mark that `frameEnd` needs. */
  frameBegin(): number {
    const mark = this.reserve(FRAME_HEADER_BYTES)
    return mark
  }

  /** Returns the length of the frame without its header. */
  frameEnd(mark: number): number {
    const size = this.#length - mark - FRAME_HEADER_BYTES
    this.#buffer.writeInt32BE(size, mark)
    return size
  }

  /** Makes room for `size` bytes and moves over them; returns where they begin. */
  protected reserve(size: number): number {
    const start = this.#length
    const end = start + size
    if (end > this.#buffer.length) this.#grow(end)
    this.#length = end
    return start
  }

  protected u8(byte: number): void {
    const start = this.#length
    if (start === this.#buffer.length) this.#grow(start + 1)
    this.#buffer[start] = byte
    this.#length = start + 1
  }

  protected raw(bytes: Uint8Array): void {
    const start = this.reserve(bytes.length)
    this.#buffer.set(bytes, start)
  }

  /** Writes a short text of ASCII only, or answers false and writes nothing. */
  protected asciiText(text: string): boolean {
    const size = text.length
    if (size > SHORT_TEXT) return false
    const start = this.reserve(size)
    const buffer = this.#buffer
    for (let index = 0; index < size; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 0x7f) {
        this.#length = start
        return false
      }
      buffer[start + index] = unit
    }
    return true
  }

  protected utf8Text(text: string, size: number): void {
    const start = this.reserve(size)
    this.#buffer.write(text, start, size, 'utf8')
  }

  protected bigEndianI16(value: number): void {
    const start = this.reserve(2)
    this.#buffer.writeInt16BE(value, start)
  }

  protected bigEndianI32(value: number): void {
    const start = this.reserve(4)
    this.#buffer.writeInt32BE(value, start)
  }

  protected bigEndianDouble(value: number): void {
    const start = this.reserve(8)
    this.#buffer.writeDoubleBE(value, start)
  }

  protected littleEndianDouble(value: number): void {
    const start = this.reserve(8)
    this.#buffer.writeDoubleLE(value, start)
  }

  #grow(wanted: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.#buffer.length * 2))
    this.#buffer.copy(grown, 0, 0, this.#length)
    this.#buffer = grown
  }
}
