/** Hot path: times in keys and values are eight bytes, big-endian, so that the order of bytes is that of time. */
export const TIME_BYTES = 8

/** After every due time there is: ten digits of seconds. */
export const AFTER_ALL_MS = 10_000_000_000_000

const TWO_32 = 0x1_0000_0000

export function writeTime(bytes: Buffer, timeMs: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(timeMs / TWO_32), at)
  bytes.writeUInt32BE(timeMs % TWO_32, at + 4)
}

export function readTime(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4)
}
