/** One operation of a batch; `end` only for a range. Stable shape: batches are built per group commit. */
export interface WriteOperation {
  readonly kind: 'put' | 'delete' | 'deleteRange'
  readonly key: Buffer
  /** The value of a put, the exclusive end of a range; empty for a delete. */
  readonly operand: Buffer
}

const EMPTY = Buffer.alloc(0)

/**
 * Operations applied together, in this order, or not at all.
 *
 * The native library stores raw process memory when it is given anything but a byte array, so every argument is checked
 * here. Buffers must not be changed before the write has resolved.
 */
export class WriteBatch {
  readonly operations: WriteOperation[] = []
  #bytes = 0

  /** Bytes of all keys and values. */
  get bytes(): number {
    return this.#bytes
  }

  put(key: Buffer, value: Buffer): this {
    return this.#add('put', key, value)
  }

  delete(key: Buffer): this {
    return this.#add('delete', key, EMPTY)
  }

  /** Deletes `start` ≤ key < `end`. */
  deleteRange(start: Buffer, end: Buffer): this {
    return this.#add('deleteRange', start, end)
  }

  #add(kind: WriteOperation['kind'], key: Buffer, operand: Buffer): this {
    checkBytes(key)
    checkBytes(operand)
    this.#bytes += key.length + operand.length
    this.operations.push({ kind, key, operand })
    return this
  }
}

/** Throws on anything but a Buffer: a mistake of the caller that types did not catch. */
export function checkBytes(bytes: unknown): asserts bytes is Buffer {
  if (!Buffer.isBuffer(bytes)) throw new TypeError('keys, values and bounds of the store must be Buffers')
}
