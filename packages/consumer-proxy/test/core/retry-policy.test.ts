import { expect, test } from 'vitest'
import { businessRetryDelay, mayRetryAfterTimeout } from '../../src/core/retry-policy.ts'

test.each([
  { intervals: [100, 150, 300], delays: [100, 150, 300, undefined, undefined] },
  { intervals: [100, -1], delays: [100, 100, 100, 100, 100] },
  { intervals: [100, 200, -1, 900], delays: [100, 200, 200, 200, 200] },
  { intervals: [-1], delays: [undefined, undefined] },
  { intervals: [], delays: [undefined] },
  { intervals: [0], delays: [0, undefined] },
])('the ladder $intervals pauses $delays', ({ intervals, delays }) => {
  expect(delays.map((_, failures) => businessRetryDelay(intervals, failures))).toEqual(delays)
})

test('time-outs are retried maxRetry times, and for ever with -1', () => {
  expect([0, 1, 2].map(timeouts => mayRetryAfterTimeout(2, timeouts))).toEqual([true, true, false])
  expect(mayRetryAfterTimeout(0, 0)).toBe(false)
  expect(mayRetryAfterTimeout(-1, 1_000_000)).toBe(true)
})
