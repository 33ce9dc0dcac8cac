import {
  DELAY_TYPES,
  type DelayId,
  type DelayType,
  latestRoundAt,
  MAX_DELAY_NUMBER,
  MAX_DELAY_SECOND,
  roundOf,
} from '@ddmq/common/delay'
import type { DelaySpec, Repeat } from '../delay.ts'
import { refuseUnknownOptions } from '../option-check.ts'
import { Rejection } from './rejection.ts'
import { ResultCode } from './result-code.ts'

/** When a message is due, as the wire says it (chronos.md §4.1). Times are unix seconds. */
export interface DelaySchedule {
  readonly timestamp: number
  /** Of the due second, 1 to 999; absent for a whole second. */
  readonly milliseconds: number | undefined
  readonly dmsgtype: DelayType
  readonly interval: number | undefined
  readonly expire: number | undefined
  readonly times: number | undefined
}

const EARLIEST_MS = 1_000_000_000_000
/** 62 days. */
const LONGEST_MS = 5_356_800_000
const MIN_INTERVAL = 3
const MIN_EXPONENT = 2

/**
 * The schedule, or why the server would refuse it, with its code (chronos.md §5.1); throws `DdmqClientError` for a member that
 * does not exist. A fraction of a millisecond is rounded up: early is not allowed, late is.
 */
export function toDelaySchedule(spec: DelaySpec, nowMs: number): DelaySchedule | Rejection {
  refuseUnknownOptions(spec, ['at', 'after', 'repeat'])
  const dueMs = dueMsOf(spec, nowMs)
  if (dueMs instanceof Rejection) return dueMs
  const due = { timestamp: Math.floor(dueMs / 1000), milliseconds: dueMs % 1000 || undefined }
  if (spec.repeat !== undefined) return toLoop(spec.repeat, due)
  return { ...due, dmsgtype: DELAY_TYPES.once, interval: undefined, expire: undefined, times: undefined }
}

type Due = Pick<DelaySchedule, 'timestamp' | 'milliseconds'>

function dueMsOf({ at, after }: DelaySpec, nowMs: number): number | Rejection {
  if ((at === undefined) === (after === undefined)) return illegalTime('give either at or after')
  const name = at === undefined ? 'after' : 'at'
  if (after !== undefined && !(after >= 0)) return illegalTime('after must be a number of milliseconds ≥ 0')
  const dueMs = Math.ceil(at === undefined ? nowMs + after : Number(at))
  if (!Number.isFinite(dueMs)) return illegalTime(`${name} is not a valid time`)
  if (dueMs < EARLIEST_MS)
    return illegalTime(`${name} is before the year 2001: it must be milliseconds since 1970`)
  return dueMs > nowMs + LONGEST_MS ? illegalTime(`${name} is more than 62 days from now`) : dueMs
}

/** In the server's order of checks: times, expiry, interval. */
function toLoop(repeat: Repeat, due: Due): DelaySchedule | Rejection {
  refuseUnknownOptions(repeat, ['intervalSec', 'exponent', 'times', 'until'])
  const { times, until } = repeat
  const expire = until === undefined ? undefined : lastSecond(until, due)
  const problem = findTimesProblem(repeat) ?? findExpireProblem(expire, due)
  if (problem !== undefined) return problem
  const pace = paceOf(repeat)
  if (pace instanceof Rejection) return pace
  const first = firstRoundOf(pace, due)
  const rounds = times ?? Math.min(latestRoundAt(first, expire ?? 0) + 1, MAX_DELAY_NUMBER)
  const end = expire ?? roundOf(first, rounds - 1).timestamp
  if (end > MAX_DELAY_SECOND) return illegalTimes('repeat.times: the last round is after the year 2286')
  return {
    ...due,
    dmsgtype: pace.type,
    interval: pace.interval,
    times: rounds,
    expire: Math.max(end, due.timestamp + 1),
  }
}

function findTimesProblem({ times, until }: Repeat): Rejection | undefined {
  if (times === undefined)
    return until === undefined ? illegalTimes('repeat needs times or until: it must end') : undefined
  if (isWhole(times, 1)) return undefined
  return illegalTimes(`repeat.times must be a whole number from 1 to ${MAX_DELAY_NUMBER}`)
}

/** The last second in which a round may be due, so that its millisecond is not after the end. */
function lastSecond(until: Date | number, { milliseconds = 0 }: Due): number {
  return Math.floor((Number(until) - milliseconds) / 1000)
}

function findExpireProblem(expire: number | undefined, { timestamp }: Due): Rejection | undefined {
  if (expire === undefined) return undefined
  if (!Number.isFinite(expire)) return illegalUntil('is not a valid time')
  if (expire <= timestamp) return illegalUntil('must be at least a second after the first round')
  return expire > MAX_DELAY_SECOND ? illegalUntil('is after the year 2286') : undefined
}

interface Pace {
  readonly type: DelayType
  readonly interval: number
}

function paceOf({ intervalSec, exponent }: Repeat): Pace | Rejection {
  if (exponent !== undefined) {
    const code = ResultCode.ILLEGAL_LOOP_EXPONENT
    if (intervalSec !== undefined) return new Rejection(code, 'repeat: give either intervalSec or exponent')
    if (isWhole(exponent, MIN_EXPONENT)) return { type: DELAY_TYPES.exponential, interval: exponent }
    return new Rejection(code, `repeat.exponent must be a whole number of at least ${MIN_EXPONENT}`)
  }
  if (intervalSec !== undefined && isWhole(intervalSec, MIN_INTERVAL))
    return { type: DELAY_TYPES.loop, interval: intervalSec }
  return new Rejection(
    ResultCode.ILLEGAL_LOOP_INTERVAL,
    `repeat.intervalSec must be a whole number of seconds of at least ${MIN_INTERVAL}`,
  )
}

function isWhole(value: number, min: number): boolean {
  return Number.isInteger(value) && value >= min && value <= MAX_DELAY_NUMBER
}

/** Enough of an id to compute rounds with. */
function firstRoundOf({ type, interval }: Pace, { timestamp }: Due): DelayId {
  return { timestamp, type, interval, expire: 0, times: 0, timed: 0, seq: 0, uuid: '' }
}

function illegalTime(why: string): Rejection {
  return new Rejection(ResultCode.ILLEGAL_DELAY_TIME, why)
}

function illegalTimes(why: string): Rejection {
  return new Rejection(ResultCode.ILLEGAL_LOOP_TIMES, why)
}

function illegalUntil(why: string): Rejection {
  return new Rejection(ResultCode.ILLEGAL_LOOP_EXPIRE, `repeat.until ${why}`)
}
