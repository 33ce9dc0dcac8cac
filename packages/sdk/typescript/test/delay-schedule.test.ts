import { lastRound, roundOf } from '@ddmq/common/delay'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DelaySchedule, toDelaySchedule } from '../src/core/delay-schedule.ts'
import { Rejection } from '../src/core/rejection.ts'
import type { DelaySpec } from '../src/delay.ts'

const NOW_SECOND = 1_800_000_000
const NOW_MS = NOW_SECOND * 1000
const DAY_MS = 86_400_000

function scheduled(spec: DelaySpec): DelaySchedule {
  const schedule = toDelaySchedule(spec, NOW_MS)
  if (schedule instanceof Rejection) throw new Error(`${schedule.code} ${schedule.message}`)
  return schedule
}

test('a message is delivered once, after so many milliseconds or at a time', () => {
  const once = { dmsgtype: 2, interval: undefined, expire: undefined, times: undefined }

  expect(scheduled({ after: 5000 })).toEqual({ timestamp: NOW_SECOND + 5, milliseconds: undefined, ...once })
  expect(scheduled({ after: 1 })).toEqual({ timestamp: NOW_SECOND, milliseconds: 1, ...once })
  expect(scheduled({ at: new Date(NOW_MS + 1999) })).toMatchObject({
    timestamp: NOW_SECOND + 1,
    milliseconds: 999,
  })
  expect(scheduled({ at: NOW_MS - 7 * DAY_MS })).toMatchObject({ timestamp: NOW_SECOND - 7 * 86_400 })
})

test('a fraction of a millisecond is rounded up, never down', () => {
  expect(scheduled({ after: 0.1 }).milliseconds).toBe(1)
  expect(scheduled({ at: NOW_MS + 999.5 })).toMatchObject({
    timestamp: NOW_SECOND + 1,
    milliseconds: undefined,
  })
})

test('a loop has as many rounds as its times or its end allow', () => {
  const at = NOW_MS + 500

  expect(scheduled({ at, repeat: { intervalSec: 10, times: 3 } })).toEqual({
    timestamp: NOW_SECOND,
    milliseconds: 500,
    dmsgtype: 3,
    interval: 10,
    times: 3,
    expire: NOW_SECOND + 20,
  })
  expect(scheduled({ at, repeat: { intervalSec: 10, times: 1 } })).toMatchObject({
    times: 1,
    expire: NOW_SECOND + 1,
  })
  expect(scheduled({ at, repeat: { intervalSec: 10, until: NOW_MS + 30_500 } })).toMatchObject({
    times: 4,
    expire: NOW_SECOND + 30,
  })
  expect(scheduled({ at, repeat: { intervalSec: 10, until: NOW_MS + 30_499 } })).toMatchObject({
    times: 3,
    expire: NOW_SECOND + 29,
  })
  expect(scheduled({ at, repeat: { exponent: 2, times: 6 } })).toMatchObject({
    dmsgtype: 4,
    interval: 2,
    times: 6,
    expire: NOW_SECOND + 62,
  })
})

const pace = fc
  .tuple(fc.boolean(), fc.integer({ min: 3, max: 100_000 }))
  .map(([grows, number]) => (grows ? ({ exponent: number } as const) : ({ intervalSec: number } as const)))
const millisecond = fc.integer({ min: 0, max: 999 })

/** What a server makes of it. */
function roundsOf({ timestamp, dmsgtype, expire = 0, times = 0, interval = 0 }: DelaySchedule) {
  const first = { timestamp, type: dmsgtype, expire, times, interval, timed: 0, seq: 0, uuid: '' }
  expect(expire).toBeGreaterThan(timestamp)
  return { last: lastRound(first), second: (round: number) => roundOf(first, round).timestamp }
}

test('a loop of so many times has so many rounds', () => {
  fc.assert(
    fc.property(pace, fc.integer({ min: 1, max: 10_000 }), millisecond, (gaps, times, after) => {
      expect(roundsOf(scheduled({ after, repeat: { ...gaps, times } })).last).toBe(times - 1)
    }),
  )
})

test('a loop with an end has every round that is not after it', () => {
  const until = fc.integer({ min: NOW_MS + 2000, max: NOW_MS + 900 * DAY_MS })
  fc.assert(
    fc.property(pace, until, millisecond, (gaps, end, after) => {
      const { last, second } = roundsOf(scheduled({ after, repeat: { ...gaps, until: end } }))

      expect(second(last) * 1000 + after).toBeLessThanOrEqual(end)
      expect(second(last + 1) * 1000 + after).toBeGreaterThan(end)
    }),
  )
})

const once = { after: 1000 }

test.each([
  [33, 'either at or after', {}],
  [33, 'either at or after', { at: NOW_MS, after: 1 }],
  [33, 'after', { after: -1 }],
  [33, 'after', { after: Number.NaN }],
  [33, 'after', { after: Infinity }],
  [33, 'after', { after: 62 * DAY_MS + 1 }],
  [33, 'at', { at: new Date('never') }],
  [33, 'milliseconds since 1970', { at: NOW_SECOND }],
  [33, 'milliseconds since 1970', { at: 999_999_999_999 }],
  [33, 'at is more than 62 days', { at: NOW_MS + 62 * DAY_MS + 1 }],
  [35, 'times or until', { ...once, repeat: { intervalSec: 3 } }],
  [35, 'repeat.times', { ...once, repeat: { intervalSec: 3, times: 0 } }],
  [35, 'repeat.times', { ...once, repeat: { intervalSec: 3, times: 2 ** 31 } }],
  [35, 'repeat.times', { ...once, repeat: { intervalSec: 86_400, times: 1_000_000 } }],
  [36, 'repeat.until', { ...once, repeat: { intervalSec: 3, until: NOW_MS + 1500 } }],
  [36, 'repeat.until', { ...once, repeat: { intervalSec: 3, until: new Date('never') } }],
  [36, 'repeat.until', { ...once, repeat: { intervalSec: 3, until: 1e13 } }],
  [37, 'repeat.intervalSec', { ...once, repeat: { intervalSec: 2, times: 3 } }],
  [37, 'repeat.intervalSec', { ...once, repeat: { intervalSec: 3.5, times: 3 } }],
  [37, 'repeat.intervalSec', { ...once, repeat: { times: 3 } }],
  [38, 'repeat.exponent', { ...once, repeat: { exponent: 1, times: 3 } }],
  [38, 'either intervalSec or exponent', { ...once, repeat: { exponent: 2, intervalSec: 3, times: 3 } }],
  [35, 'repeat.times', { ...once, repeat: { intervalSec: 1, until: 0, times: -1 } }],
])('the server’s code %i, naming "%s", refuses %j', (code, name, spec) => {
  const refused = toDelaySchedule(spec as DelaySpec, NOW_MS)

  expect(refused).toBeInstanceOf(Rejection)
  expect(refused).toMatchObject({ code, message: expect.stringContaining(name) })
})

test.each([
  ['afterMs', { after: 1, afterMs: 1 }],
  ['interval', { after: 1, repeat: { interval: 3, times: 1 } }],
])('a member %s that does not exist is not ignored', (name, spec) => {
  expect(() => toDelaySchedule(spec as unknown as DelaySpec, NOW_MS)).toThrow(`unknown option: ${name}`)
})
