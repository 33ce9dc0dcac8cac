const HEADER_BYTES = 4

/**
 * A listener for the data of a socket that cuts them into Thrift frames, given without their length. A frame is a view that
 * holds until the next data where it came in one piece; the start of one that did not is copied.
 */
export function readFrames(found: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer | undefined
  return chunk => {
    const bytes = rest === undefined ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (bytes.length - at >= HEADER_BYTES) {
      const end = at + HEADER_BYTES + bytes.readUInt32BE(at)
      if (end > bytes.length) break
      found(bytes.subarray(at + HEADER_BYTES, end))
      at = end
    }
    rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at))
  }
}
