/** Kinds of delayed messages: segment 2 of a delay id (chronos.md §3). */
export const DELAY_TYPES = { once: 2, loop: 3, exponential: 4 } as const
export type DelayType = (typeof DELAY_TYPES)[keyof typeof DELAY_TYPES]

/** The parts of a `uniqDelayMsgId` (chronos.md §6). Times are whole unix seconds. */
export interface DelayId {
  /** Due second of this round. */
  readonly timestamp: number
  readonly type: DelayType
  /** Of loops: the last second at which a round may be due. */
  readonly expire: number
  /** Of loops: how many rounds there are, the first one included; 0 for a message that is delivered once. */
  readonly times: number
  /** Rounds before this one. */
  readonly timed: number
  /** Seconds between rounds, or the base of the exponential. */
  readonly interval: number
  /** Partition of the table of pending messages. */
  readonly seq: number
  readonly uuid: string
}

/** Segments 4 to 7 are 32-bit numbers. */
export const MAX_DELAY_NUMBER = 0x7fff_ffff
/** Seconds that ten digits can say. */
export const MAX_DELAY_SECOND = 9_999_999_999

const SECOND_DIGITS = 10
const DASH = 0x2d
const UUID_LENGTH = 36
/** Where a uuid has its dashes. */
const UUID_DASHES: ReadonlySet<number> = new Set([8, 13, 18, 23])

/** Why a text is not the id of a delayed message. */
export type DelayIdProblem = 'shape' | 'type'

/**
 * Takes an id apart. `type` means that all is well but for its kind, `shape` everything else, numbers beyond 32 bits
 * included. Leading zeros of numbers are not kept: `formatDelayId` of the answer is the canonical text.
 */
export function parseDelayId(text: string): DelayId | DelayIdProblem {
  const numbers = new NumberReader(text)
  const timestamp = numbers.next(SECOND_DIGITS, SECOND_DIGITS)
  const type = numbers.next(1, 1)
  const expire = numbers.next(SECOND_DIGITS, SECOND_DIGITS)
  const times = numbers.next()
  const timed = numbers.next()
  const interval = numbers.next()
  const seq = numbers.next()
  if (numbers.failed || !isUuidFrom(text, numbers.at)) return 'shape'
  if (Math.max(times, timed, interval, seq) > MAX_DELAY_NUMBER) return 'shape'
  if (!isDelayType(type)) return 'type'
  return { timestamp, type, expire, times, timed, interval, seq, uuid: text.slice(numbers.at) }
}

/** Hot path: numbers with a dash behind each. By hand, as ids are parsed for every record of the table. */
class NumberReader {
  at = 0
  failed = false
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  next(leastDigits = 1, mostDigits = Number.POSITIVE_INFINITY): number {
    const start = this.at
    let value = 0
    for (; ; this.at++) {
      const digit = this.#text.charCodeAt(this.at) - 0x30
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
    }
    const digits = this.at - start
    if (digits < leastDigits || digits > mostDigits || this.#text.charCodeAt(this.at) !== DASH)
      this.failed = true
    this.at++
    return value
  }
}

/** Whether the rest of a text is a uuid of digits and small letters. */
function isUuidFrom(text: string, start: number): boolean {
  if (text.length !== start + UUID_LENGTH) return false
  for (let index = 0; index < UUID_LENGTH; index++) {
    const code = text.charCodeAt(start + index)
    const isDash = code === DASH
    if (isDash !== UUID_DASHES.has(index)) return false
    if (!isDash && !(code >= 0x30 && code <= 0x39) && !(code >= 0x61 && code <= 0x7a)) return false
  }
  return true
}

export function formatDelayId(id: DelayId): string {
  const { timestamp, type, expire, times, timed, interval, seq, uuid } = id
  return `${timestamp}-${type}-${expire}-${times}-${timed}-${interval}-${seq}-${uuid}`
}

export function isDelayType(type: number): type is DelayType {
  return type === DELAY_TYPES.once || isLoopType(type)
}

export function isLoopType(type: number): boolean {
  return type === DELAY_TYPES.loop || type === DELAY_TYPES.exponential
}
