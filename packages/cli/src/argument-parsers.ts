import { InvalidArgumentError } from 'commander'

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `500ms`, `10s`, `2m`, `1h` in milliseconds. */
export function parseDurationMs(text: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? []
  const unitMs = UNIT_MS[unit]
  if (amount === undefined || unitMs === undefined)
    throw new InvalidArgumentError('write 500ms, 10s, 2m or 1h.')
  return Number(amount) * unitMs
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?$/
const UNIX_SECONDS = /^\d{1,10}(\.\d+)?$/

/** `2026-12-24T18:00:00Z`, in local time where it names no zone, or unix seconds; in milliseconds since 1970. */
export function parseInstantMs(text: string): number {
  if (UNIX_SECONDS.test(text)) return Math.ceil(Number(text) * 1000)
  const ms = ISO_TIME.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw new InvalidArgumentError('write 2026-12-24T18:00:00Z or unix seconds.')
  return ms
}

export function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0)) throw new InvalidArgumentError('write a number of seconds.')
  return seconds
}

export function parseMinutes(text: string): number {
  const minutes = Number(text)
  if (!(minutes > 0)) throw new InvalidArgumentError('write a number of minutes.')
  return minutes
}

export function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('write a whole number of at least 1.')
  return count
}

/** A share of a whole: above 0, up to 1. */
export function parseShare(text: string): number {
  const share = Number(text)
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError('write a number above 0, up to 1.')
  return share
}

/** A number of retries; −1 is without end. */
export function parseRetries(text: string): number {
  const retries = Number(text)
  if (!Number.isSafeInteger(retries) || retries < -1) {
    throw new InvalidArgumentError('write a whole number, or -1 for no limit.')
  }
  return retries
}

export function parseInteger(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('write a whole number.')
  return value
}

/** Words separated by commas. */
export function parseList(text: string): string[] {
  const words = text
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '')
  if (words.length === 0) throw new InvalidArgumentError('write words separated by commas.')
  return words
}
