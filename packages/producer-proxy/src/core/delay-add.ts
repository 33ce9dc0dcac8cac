import {
  DELAY_TYPES,
  type DelayId,
  isDelayType,
  MAX_DELAY_NUMBER,
  MAX_DELAY_SECOND,
} from '@ddmq/common/delay'
import type { DelayMessage } from '@ddmq/common/idl'
import { encodeMessageHeaders } from '@ddmq/storage'
import type { DelayedContent } from '@ddmq/storage/delay'
import { type Outcome, outcomeOf, type ResultName } from './result-code.ts'

/** Due times lie at most so far ahead of this proxy's clock. */
const HORIZON_SECONDS = 62 * 86_400
const EARLIEST_SECOND = 1_000_000_000
/** What the id of a message that is delivered once says of its expiry; nothing depends on it. */
const EXPIRE_AFTER_SECONDS = 172_800
const LEAST_INTERVAL = 3
const LEAST_BASE = 2
const LAST_MILLISECOND = 999

const UUID = /^[0-9a-z]{8}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{12}$/

/** A message to delay, checked. Its partition depends on the cluster it goes to. */
export interface DelayAdd {
  readonly action: 'add'
  readonly schedule: Omit<DelayId, 'seq'>
  readonly milliseconds: number
  readonly content: DelayedContent
}

/**
 * Checks 5a to 8a of producer-proxy.md §14.1 in their order, and then that the id can be parsed again: what would only be
 * dropped later, or could never be cancelled, is refused here (D-15, D-31).
 */
export function checkAdd(message: DelayMessage, body: Uint8Array, nowMs: number): DelayAdd | Outcome {
  const { timestamp = 0, milliseconds = 0, uuid, tags, properties } = message
  const dueProblem = problemOfDueTime(timestamp, milliseconds, nowMs)
  if (dueProblem !== undefined) return outcomeOf('FAIL_ILLEGAL_DELAY_TIMESTAMP', dueProblem)
  const schedule = scheduleOf(message, timestamp)
  if ('code' in schedule) return schedule
  // An id has small letters only (check 5c); capitals are another spelling of the same uuid.
  const lowerCase = uuid?.toLowerCase() ?? ''
  if (!UUID.test(lowerCase)) return outcomeOf('FAIL_ILLEGAL_MSG', problemOfUuid(uuid))
  const content = { body, headers: encodeMessageHeaders(tags, properties) }
  return { action: 'add', schedule: { ...schedule, uuid: lowerCase }, milliseconds, content }
}

type Schedule = Omit<DelayAdd['schedule'], 'uuid'>

function problemOfDueTime(timestamp: number, milliseconds: number, nowMs: number): string | undefined {
  const latest = Math.floor(nowMs / 1_000) + HORIZON_SECONDS
  if (timestamp < EARLIEST_SECOND) return `timestamp is ${timestamp}, at least ${EARLIEST_SECOND} is needed`
  if (timestamp > latest) return `timestamp is ${timestamp}, more than 62 days ahead`
  if (milliseconds >= 0 && milliseconds <= LAST_MILLISECOND) return undefined
  return `milliseconds is ${milliseconds}, 0 to ${LAST_MILLISECOND} are allowed`
}

function scheduleOf(message: DelayMessage, timestamp: number): Schedule | Outcome {
  const { dmsgtype: type = 0, times = 0, interval = 0, expire = 0, uniqDelayMsgId } = message
  if (!isDelayType(type)) {
    const refused = outcomeOf('FAIL_ILLEGAL_DELAY_MSG_TYPE', `dmsgtype is ${type}, it must be 2, 3 or 4`)
    return { ...refused, uniqDelayMsgId }
  }
  const schedule = { timestamp, type, expire, times, timed: 0, interval }
  if (type !== DELAY_TYPES.once) return refusalOfLoop(schedule) ?? schedule
  return refusalOfOnce(schedule) ?? { ...schedule, expire: timestamp + EXPIRE_AFTER_SECONDS }
}

function problemOfUuid(uuid: string | undefined): string {
  return uuid === undefined
    ? 'uuid is missing'
    : `uuid has ${uuid.length} characters, not 36 in the form 8-4-4-4-12 letters and digits`
}

function refusalOfOnce({ times, interval }: Schedule): Outcome | undefined {
  if (times !== 0) return outcomeOf('FAIL_ILLEGAL_DELAY_LOOP_TIMES', `times is ${times}, it must be 0`)
  return refusalOfNumber('FAIL_ILLEGAL_DELAY_LOOP_INTERVAL', 'interval', interval, 0)
}

function refusalOfLoop({ type, timestamp, expire, times, interval }: Schedule): Outcome | undefined {
  const refused = refusalOfNumber('FAIL_ILLEGAL_DELAY_LOOP_TIMES', 'times', times, 1)
  if (refused !== undefined) return refused
  if (expire <= timestamp || expire > MAX_DELAY_SECOND) {
    const reason = `expire is ${expire}, timestamp is ${timestamp}, at most ${MAX_DELAY_SECOND} is allowed`
    return outcomeOf('FAIL_ILLEGAL_DELAY_LOOP_EXPIRE', reason)
  }
  return type === DELAY_TYPES.loop
    ? refusalOfNumber('FAIL_ILLEGAL_DELAY_LOOP_INTERVAL', 'interval', interval, LEAST_INTERVAL)
    : refusalOfNumber('FAIL_ILLEGAL_DELAY_LOOP_EXPONENT_BASE', 'interval', interval, LEAST_BASE)
}

function refusalOfNumber(
  result: ResultName,
  what: string,
  value: number,
  least: number,
): Outcome | undefined {
  if (value >= least && value <= MAX_DELAY_NUMBER) return undefined
  return outcomeOf(result, `${what} is ${value}, ${least} to ${MAX_DELAY_NUMBER} are allowed`)
}
