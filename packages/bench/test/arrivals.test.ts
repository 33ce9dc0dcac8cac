import { expect, test } from 'vitest'
import { Arrivals } from '../src/delay/arrivals.ts'
import { encodeDelayedBody } from '../src/delay/delayed-body.ts'

const DUE_MS = 1_800_000_000_000
const message = (number: number, run = 'ab') => ({
  value: encodeDelayedBody({ run, number, dueMs: DUE_MS }, 60),
})

test('the rate of what arrived counts from the time when the first was due', () => {
  const arrivals = new Arrivals('ab')

  arrivals.take([message(0)], DUE_MS + 1500)
  arrivals.take([message(1), message(2), message(7, 'cd')], DUE_MS + 2000)

  expect(arrivals.check(3)).toMatchObject({ delivered: 3, deliveredPerSecond: 1.5, early: 0, duplicates: 0 })
})

test('what is missing, early or there twice is told', () => {
  const arrivals = new Arrivals('ab')

  arrivals.take([message(0), message(0)], DUE_MS - 1)

  expect(() => arrivals.check(2)).toThrow('of 2 messages 1 arrived, 2 early, 1 twice')
})
