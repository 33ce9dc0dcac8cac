/**
 * ZooKeeper's encoding: big-endian numbers, lengths of 4 bytes in front of texts, buffers and lists, −1 for none.
 * The transaction ids that are compared here are below 2⁵³ as long as fewer than 2²¹ leaders reigned.
 */
export class JuteWriter {
  readonly #parts: Buffer[] = []

  int(value: number): this {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeInt32BE(value)
    return this.#add(bytes)
  }

  long(value: number): this {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigInt64BE(BigInt(value))
    return this.#add(bytes)
  }

  bool(value: boolean): this {
    return this.#add(Buffer.of(value ? 1 : 0))
  }

  buffer(bytes: Uint8Array): this {
    return this.int(bytes.length).#add(bytes)
  }

  text(value: string): this {
    return this.buffer(Buffer.from(value))
  }

  /** What was written, with its length in front. */
  frame(): Buffer {
    const length = this.#parts.reduce((sum, part) => sum + part.length, 0)
    const head = Buffer.allocUnsafe(4)
    head.writeInt32BE(length)
    return Buffer.concat([head, ...this.#parts], length + 4)
  }

  #add(bytes: Uint8Array): this {
    this.#parts.push(Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes))
    return this
  }
}

/** Reads what `JuteWriter` writes. Throws a `RangeError` when the bytes end too early. */
export class JuteReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int(): number {
    const value = this.#bytes.readInt32BE(this.#at)
    this.#at += 4
    return value
  }

  long(): number {
    const value = Number(this.#bytes.readBigInt64BE(this.#at))
    this.#at += 8
    return value
  }

  /** Empty when there is none. The bytes are the reader's own: copy what is kept. */
  buffer(): Buffer {
    const length = Math.max(0, this.int())
    if (this.#at + length > this.#bytes.length) throw new RangeError('a length points behind the end')
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }

  text(): string {
    return this.buffer().toString()
  }

  texts(): readonly string[] {
    const count = Math.max(0, this.int())
    // Each takes four bytes at least.
    if (count * 4 > this.#bytes.length - this.#at) throw new RangeError('a list is longer than the answer')
    return Array.from({ length: count }, () => this.text())
  }
}
