import { DELAY_TYPES, type DelayId, firstRound, lastRound, latestRoundAt, roundOf } from '@ddmq/common/delay'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const loops = fc.record({
  timestamp: fc.integer({ min: 1_000_000_000, max: 1_100_000_000 }),
  type: fc.constantFrom(DELAY_TYPES.loop, DELAY_TYPES.exponential),
  expire: fc.integer({ min: 1_000_000_000, max: 1_110_000_000 }),
  times: fc.integer({ min: 1, max: 60 }),
  timed: fc.constant(0),
  interval: fc.oneof(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 2, max: 200_000 })),
  seq: fc.constant(0),
  uuid: fc.constant('5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f'),
})

/** Round by round, as the original does it (chronos.md §6). */
function counted(first: DelayId): readonly number[] {
  const due = [first.timestamp]
  for (let round = 1; round < first.times; round++) {
    const gap = first.type === DELAY_TYPES.loop ? first.interval : Math.min(first.interval ** round, 86_400)
    due.push((due[round - 1] ?? 0) + gap)
  }
  return due
}

test('CH-32 CH-34 CH-35 every round is due when counting through says so, and leads back to the first', () => {
  fc.assert(
    fc.property(loops, first => {
      const due = counted(first)
      for (const [round, seconds] of due.entries()) {
        const id = roundOf(first, round)
        expect(id).toEqual({ ...first, timestamp: seconds, timed: round })
        expect(firstRound(id)).toEqual(first)
      }
    }),
  )
})

test('CH-33 the last round is the last one by number whose time is not after the expiry', () => {
  fc.assert(
    fc.property(loops, first => {
      expect(lastRound(first)).toBe(counted(first).findLastIndex(seconds => seconds <= first.expire))
    }),
  )
})

test('CH-37 the latest round at a time is the one that counting through finds', () => {
  fc.assert(
    fc.property(loops, fc.integer({ min: -1000, max: 3_000_000 }), (first, after) => {
      const now = first.timestamp + after
      const expected = counted(first).findLastIndex(seconds => seconds <= now)
      expect(Math.min(latestRoundAt(first, now), first.times - 1)).toBe(expected)
    }),
  )
})

test('CH-43 a loop that stands still has an answer at once', () => {
  const still = { ...someLoop, interval: 0, times: 2_147_483_647, timed: 1_000_000 }
  expect(firstRound(still)).toEqual({ ...still, timed: 0 })
  expect(lastRound({ ...still, timed: 0 })).toBe(0)
})

test('there is no message whose first round would be before 1970', () => {
  expect(firstRound({ ...someLoop, timed: 2_147_483_647 })).toBeUndefined()
})

const someLoop: DelayId = {
  timestamp: 1_500_000_000,
  type: DELAY_TYPES.loop,
  expire: 1_600_000_000,
  times: 5,
  timed: 0,
  interval: 60,
  seq: 0,
  uuid: '5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f',
}
