/**
 * Hot path: once per record of the table. Parts of its keys, each from a position on; the answer is the position behind the part,
 * or -1 where it is not there or `at` was -1 already.
 */
const DASH = 0x2d
const DOT = 0x2e
const SLASH = 0x2f
const UNDERSCORE = 0x5f
const ZERO = 0x30

const UUID_BYTES = 36
const MOST_DIGITS = 10

function afterByte(key: Uint8Array, at: number, byte: number): number {
  return at >= 0 && key[at] === byte ? at + 1 : -1
}

export function afterSlash(key: Uint8Array, at: number): number {
  return afterByte(key, at, SLASH)
}

/** A topic's name and the slash behind it. */
export function afterTopic(key: Uint8Array, at: number): number {
  let end = at
  while (isNameByte(key[end])) end++
  return end === at ? -1 : afterSlash(key, end)
}

/** `<due second>-<type>-<expire>-<times>-0-<interval>-<seq>-<uuid>`: an id of round 0. */
export function afterFirstId(key: Uint8Array, from: number): number {
  let at = afterNumber(key, from, MOST_DIGITS)
  at =
    key[at] === ZERO + 2 || key[at] === ZERO + 3 || key[at] === ZERO + 4 ? afterByte(key, at + 1, DASH) : -1
  at = afterNumber(key, at)
  at = afterNumber(key, at)
  at = afterByte(key, afterByte(key, at, ZERO), DASH)
  at = afterNumber(key, at)
  at = afterNumber(key, at)
  if (at < 0) return -1
  const end = at + UUID_BYTES
  while (at < end) if (!isUuidByte(key[at++])) return -1
  return end
}

/** `.1` to `.999`; nothing where there is none. */
export function afterMilliseconds(key: Uint8Array, at: number): number {
  if (at < 0 || key[at] !== DOT) return at
  return key[at + 1] === ZERO ? -1 : afterDigits(key, at + 1, 3)
}

export function afterDigits(key: Uint8Array, from: number, most = Number.POSITIVE_INFINITY): number {
  if (from < 0) return -1
  let at = from
  while (isDigit(key[at])) at++
  return at === from || at - from > most ? -1 : at
}

/** Digits, and the dash behind them. */
function afterNumber(key: Uint8Array, at: number, most?: number): number {
  return afterByte(key, afterDigits(key, at, most), DASH)
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= ZERO + 9
}

function isSmallLetter(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x61 && byte <= 0x7a
}

function isUuidByte(byte: number | undefined): boolean {
  return isDigit(byte) || isSmallLetter(byte) || byte === DASH
}

function isNameByte(byte: number | undefined): boolean {
  if (isUuidByte(byte) || byte === DOT || byte === UNDERSCORE) return true
  return byte !== undefined && byte >= 0x41 && byte <= 0x5a
}
