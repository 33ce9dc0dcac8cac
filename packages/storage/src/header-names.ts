/** A part of the bytes that hold it. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

interface KnownName {
  readonly bytes: Buffer
  readonly text: string
}

/** Hot path: once per header read. The names of headers repeat from record to record, so their texts are made once for each place. */
export class HeaderNames {
  readonly #known: KnownName[] = []

  /** `place`: of the header in its record. */
  textOf(place: number, bytes: Buffer, range: TextRange): string {
    const known = this.#known[place]
    if (known !== undefined && isSame(known.bytes, bytes, range)) return known.text
    const { start, end } = range
    const text = bytes.toString('utf8', start, end)
    // The bytes may be a view into something large that is read once.
    this.#known[place] = { bytes: Buffer.from(bytes.subarray(start, end)), text }
    return text
  }
}

function isSame(known: Buffer, bytes: Buffer, { start, end }: TextRange): boolean {
  const { length } = known
  if (length !== end - start) return false
  for (let index = 0; index < length; index++) if (known[index] !== bytes[start + index]) return false
  return true
}
