/** Longer texts are rarely repeated, and comparing them would cost as much as making them. */
const MAX_CACHED_BYTES = 32
/** A power of two. */
const SLOTS = 256

/**
 * Short ASCII texts that were read lately: topics, tags, qids and versions come with every message, and finding one here
 * is several times cheaper than a call into native code to make it anew. Hot path: measured by `ddmq bench codec`.
 * Holds at most 256 texts of 32 characters; a text that comes once displaces at most one other.
 */
export class TextCache {
  readonly #texts = Array.from({ length: SLOTS }, () => '')

  /** The UTF-8 text of the bytes [start, end). */
  read(buffer: Buffer, start: number, end: number): string {
    const size = end - start
    if (size === 0) return ''
    if (size > MAX_CACHED_BYTES) return buffer.toString('utf8', start, end)
    const slot = slotOf(buffer, start, end)
    const cached = this.#texts[slot]
    if (cached !== undefined && isText(cached, buffer, start, size)) return cached
    const text = buffer.toString('utf8', start, end)
    // Of anything but ASCII the characters are not the bytes, so it would never be found again.
    if (text.length === size) this.#texts[slot] = text
    return text
  }
}

function slotOf(buffer: Buffer, start: number, end: number): number {
  const first = buffer[start] ?? 0
  const middle = buffer[(start + end) >>> 1] ?? 0
  const last = buffer[end - 1] ?? 0
  return (first * 31 + middle * 7 + last * 3 + (end - start) * 17) & (SLOTS - 1)
}

function isText(text: string, buffer: Buffer, start: number, size: number): boolean {
  if (text.length !== size) return false
  for (let index = 0; index < size; index++) {
    if (text.charCodeAt(index) !== buffer[start + index]) return false
  }
  return true
}
