import { DELAY_TYPES, type DelayId, lastRound, roundOf } from '@ddmq/common/delay'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Misfire,
  MOST_MISSED_ROUNDS,
  type RoundCut,
  type RoundPosition,
  type RoundsToFire,
  roundsToFire,
} from '../../src/core/misfire.ts'

const START = 1_767_225_600
const ONCE: DelayId = {
  timestamp: START,
  type: DELAY_TYPES.once,
  expire: START + 172_800,
  times: 0,
  timed: 0,
  interval: 0,
  seq: 0,
  uuid: '5f0c2c1e-e6a2-11f0-8a5b-9a1b2c3d4e5f',
}
const LOOP: DelayId = { ...ONCE, type: DELAY_TYPES.loop, expire: START + 1_000_000, times: 5, interval: 10 }
const at = (seconds: number): number => (START + seconds) * 1_000

describe('rounds to fire', () => {
  test('a message that is delivered once is delivered, however late, and done', () => {
    expect(roundsToFire({ first: ONCE, round: 0, milliseconds: 0 }, at(0) - 1, 'skip')).toEqual({
      deliver: [],
      next: 0,
    })
    expect(roundsToFire({ first: ONCE, round: 0, milliseconds: 0 }, at(0), 'skip')).toEqual({
      deliver: [0],
      next: undefined,
    })
    expect(roundsToFire({ first: ONCE, round: 0, milliseconds: 0 }, at(9_000_000), 'latest')).toEqual({
      deliver: [0],
      next: undefined,
    })
    expect(roundsToFire({ first: ONCE, round: 0, milliseconds: 1 }, at(0), 'all')).toEqual({
      deliver: [],
      next: 0,
    })
    expect(
      roundsToFire({ first: ONCE, round: 0, milliseconds: 0 }, at(0), 'all', { cancelledFrom: 0 }),
    ).toEqual({
      deliver: [],
      next: undefined,
    })
  })

  test('CH-32 each round goes at its time, and none after the last', () => {
    expect(roundsToFire({ first: LOOP, round: 0, milliseconds: 0 }, at(0), 'skip')).toEqual({
      deliver: [0],
      next: 1,
    })
    expect(roundsToFire({ first: LOOP, round: 1, milliseconds: 0 }, at(10) - 1, 'skip')).toEqual({
      deliver: [],
      next: 1,
    })
    expect(roundsToFire({ first: LOOP, round: 4, milliseconds: 0 }, at(40), 'skip')).toEqual({
      deliver: [4],
      next: undefined,
    })
    expect(roundsToFire({ first: LOOP, round: 4, milliseconds: 0 }, at(400), 'skip')).toEqual({
      deliver: [4],
      next: undefined,
    })
  })

  test('CH-33 a round exactly at the expiry second is delivered, the next is not, whatever its milliseconds', () => {
    const ends = { ...LOOP, expire: START + 20, times: 100 }
    expect(roundsToFire({ first: ends, round: 2, milliseconds: 999 }, at(20) + 999, 'all')).toEqual({
      deliver: [2],
      next: undefined,
    })
    expect(
      roundsToFire({ first: { ...ends, expire: START + 19 }, round: 1, milliseconds: 0 }, at(20), 'all'),
    ).toEqual({
      deliver: [1],
      next: undefined,
    })
  })

  test.each([
    ['all', { deliver: [1, 2, 3], next: 4 }],
    ['latest', { deliver: [3], next: 4 }],
    ['skip', { deliver: [], next: 4 }],
  ] as const)('CH-37 three rounds due at once: %s', (misfire, expected) => {
    expect(roundsToFire({ first: LOOP, round: 1, milliseconds: 0 }, at(35), misfire)).toEqual(expected)
  })

  test('CH-37 of a hundred million missed rounds a thousand are delivered, without counting through', () => {
    const long = { ...LOOP, times: 100_000_001, expire: 9_999_999_999, interval: 1 }
    const { deliver, next } = roundsToFire({ first: long, round: 0, milliseconds: 0 }, at(100_000_000), 'all')

    expect([deliver.length, deliver[0], deliver.at(-1), next]).toEqual([
      MOST_MISSED_ROUNDS,
      100_000_001 - 1_000,
      100_000_000,
      undefined,
    ])
    const { deliver: part, next: rest } = roundsToFire(
      { first: long, round: 0, milliseconds: 0 },
      at(100_000_000),
      'all',
      { limit: 10 },
    )
    expect([part[0], part.length, rest]).toEqual([99_999_001, 10, 99_999_011])
  })

  test('CH-40 CH-41 cancelled rounds are not delivered, earlier ones are', () => {
    expect(
      roundsToFire({ first: LOOP, round: 1, milliseconds: 0 }, at(100), 'all', { cancelledFrom: 3 }),
    ).toEqual({
      deliver: [1, 2],
      next: undefined,
    })
    expect(
      roundsToFire({ first: LOOP, round: 2, milliseconds: 0 }, at(20), 'all', { cancelledFrom: 2 }),
    ).toEqual({
      deliver: [],
      next: undefined,
    })
  })

  test('CH-34 CH-37 it is what counting through gives', () => {
    const cases = fc.record({
      type: fc.constantFrom(DELAY_TYPES.once, DELAY_TYPES.loop, DELAY_TYPES.exponential),
      interval: fc.integer({ min: 1, max: 400 }),
      times: fc.integer({ min: 1, max: 3_000 }),
      lifetime: fc.integer({ min: -1, max: 200_000 }),
      round: fc.integer({ min: 0, max: 3_000 }),
      milliseconds: fc.integer({ min: 0, max: 999 }),
    })
    const cuts = fc.record({
      cancelledFrom: fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined }),
      limit: fc.integer({ min: 1, max: 1_000 }),
    })
    fc.assert(
      fc.property(
        cases,
        fc.integer({ min: -5_000, max: 300_000_000 }),
        fc.constantFrom<Misfire[]>('all', 'latest', 'skip'),
        cuts,
        ({ type, interval, times, lifetime, round, milliseconds }, agoMs, misfire, cut) => {
          const first = { ...LOOP, type, interval, times, expire: START + lifetime }
          const pending = { first, round, milliseconds }
          const nowMs = START * 1_000 + agoMs
          expect(roundsToFire(pending, nowMs, misfire, cut)).toEqual(counted(pending, nowMs, misfire, cut))
        },
      ),
      { numRuns: 300 },
    )
  })
})

function counted(
  { first, round: pending, milliseconds }: RoundPosition,
  nowMs: number,
  misfire: Misfire,
  { cancelledFrom = Infinity, limit = Infinity }: RoundCut,
): RoundsToFire {
  const exists = (round: number): boolean => round <= lastRound(first) && round < cancelledFrom
  const isDue = (round: number): boolean => roundOf(first, round).timestamp * 1_000 + milliseconds <= nowMs
  const due: number[] = []
  let round = pending
  for (; exists(round) && isDue(round); round++) due.push(round)
  const after = exists(round) ? round : undefined
  if (due.length <= 1) return { deliver: due, next: after }
  if (misfire === 'skip') return { deliver: [], next: after }
  if (misfire === 'latest') return { deliver: due.slice(-1), next: after }
  const wanted = due.slice(-MOST_MISSED_ROUNDS)
  return { deliver: wanted.slice(0, limit), next: wanted[limit] ?? after }
}
