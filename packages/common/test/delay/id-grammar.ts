import { type DelayId, type DelayIdProblem, isDelayType, MAX_DELAY_NUMBER } from '@ddmq/common/delay'

const SHAPE =
  /^(\d{10})-(\d)-(\d{10})-(\d+)-(\d+)-(\d+)-(\d+)-([0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12})$/

/** What the grammar of ids says of a text: the reference that the parser, written by hand, is compared with. */
export function idByGrammar(text: string): DelayId | DelayIdProblem {
  const parts = SHAPE.exec(text)
  if (parts === null) return 'shape'
  const numbers = parts.slice(1, 8).map(Number)
  if (Math.max(...numbers.slice(3)) > MAX_DELAY_NUMBER) return 'shape'
  const [timestamp = 0, type = 0, expire = 0, times = 0, timed = 0, interval = 0, seq = 0] = numbers
  if (!isDelayType(type)) return 'type'
  return { timestamp, type, expire, times, timed, interval, seq, uuid: parts[8] ?? '' }
}
