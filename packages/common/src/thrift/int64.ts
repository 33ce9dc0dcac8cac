import { ValueOutOfRangeError } from './errors.ts'

const TWO_32 = 4_294_967_296

/** The upper 32 bits of an integer, signed; the lower ones are `value | 0`. */
export function highWord(value: number): number {
  if (!Number.isSafeInteger(value))
    throw new ValueOutOfRangeError(`${value} is no integer within ±(2^53 − 1)`)
  return Math.floor(value / TWO_32)
}

/** The number two signed words stand for. */
export function fromWords(high: number, low: number): number {
  const value = high * TWO_32 + (low >>> 0)
  if (!Number.isSafeInteger(value)) throw new ValueOutOfRangeError(`${value} is outside ±(2^53 − 1)`)
  return value
}
