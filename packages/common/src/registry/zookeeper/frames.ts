const HEAD_BYTES = 4
/** A list of a million names; whatever is longer is not from ZooKeeper. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024

/** Cuts a stream of bytes into frames. */
export class Frames {
  #chunks: Buffer[] = []
  #bytes = 0
  #wanted = HEAD_BYTES

  /** The frames that are complete now, without their lengths. Throws a `RangeError` for a length that cannot be. */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes < this.#wanted) return []
    let rest = Buffer.concat(this.#chunks, this.#bytes)
    const frames: Buffer[] = []
    for (;;) {
      this.#wanted = wantedBytes(rest)
      if (rest.length < this.#wanted || rest.length < HEAD_BYTES) break
      frames.push(rest.subarray(HEAD_BYTES, this.#wanted))
      rest = rest.subarray(this.#wanted)
    }
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#bytes = rest.length
    return frames
  }
}

function wantedBytes(rest: Buffer): number {
  if (rest.length < HEAD_BYTES) return HEAD_BYTES
  const length = rest.readInt32BE()
  if (length < 0 || length > MAX_FRAME_BYTES) throw new RangeError(`a frame cannot have ${length} bytes`)
  return HEAD_BYTES + length
}
