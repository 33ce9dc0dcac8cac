import { expect, test } from 'vitest'
import { type Repetition, rowOf } from '../../src/report/row.ts'
import type { Figure, Sample } from '../../src/report/scenario.ts'

const RATE: Figure = { key: 'rate', title: 'rate', unit: '/s', better: 'more', against: 'bare' }
const { against: _, ...ALONE } = RATE

/** Repetitions of which those at the positions in `busy` had a saturated generator on our side. */
function samples(
  ours: readonly number[],
  bare: readonly number[],
  busy: readonly number[] = [],
): readonly Repetition[] {
  return ours.map((rate, index) =>
    repetition({ rate }, { rate: bare[index] ?? Number.NaN }, busy.includes(index) ? ['ours'] : []),
  )
}

function repetition(ours: Sample, bare: Sample, saturated: readonly string[] = []): Repetition {
  return {
    samples: new Map([
      ['ours', ours],
      ['bare', bare],
    ]),
    saturated,
  }
}

test.each([
  [[3], { median: 3, min: 3, max: 3 }],
  [[30, 1, 20], { median: 20, min: 1, max: 30 }],
  [[4, 1, 3, 100], { median: 3.5, min: 1, max: 100 }],
])('of %j the middle one counts', (ours, spread) => {
  expect(rowOf(ALONE, samples(ours, [])).ours).toEqual(spread)
})

test('a ratio is taken between neighbours, so that a slow moment of the machine touches it once', () => {
  const row = rowOf(RATE, samples([100, 50, 90], [200, 100, 100]))

  expect(row.ratio).toEqual({ median: 0.5, min: 0.5, max: 0.9 })
  expect(row.ours.median).toBe(90)
  expect(row.reference?.median).toBe(100)
})

test('a figure without a reference has no ratio, and one without a goal has nothing to miss', () => {
  const row = rowOf(ALONE, samples([5], []))

  expect(row).not.toHaveProperty('ratio')
  expect(row).not.toHaveProperty('isMet')
})

test.each([
  ['the ratio reaches', { atLeast: 0.5 }, true],
  ['the ratio misses', { atLeast: 0.51 }, false],
  ['the ratio stays within', { atMost: 0.5 }, true],
  ['the ratio exceeds', { atMost: 0.49 }, false],
])('%s its goal of %j', (_title, goal, isMet) => {
  expect(rowOf({ ...RATE, goal }, samples([1], [2])).isMet).toBe(isMet)
})

test('without a reference the goal is of the value', () => {
  expect(rowOf({ ...ALONE, goal: { atMost: 20 } }, samples([19, 25, 20], [])).isMet).toBe(true)
  expect(rowOf({ ...ALONE, goal: { atMost: 20 } }, samples([19, 25, 21], [])).isMet).toBe(false)
})

test('repetitions whose generator was saturated are left out while others remain', () => {
  const row = rowOf({ ...RATE, goal: { atLeast: 0.7 } }, samples([100, 80, 90], [100, 100, 100], [0]))

  expect(row).toMatchObject({ ratio: { min: 0.8, max: 0.9 }, ours: { median: 85 }, leftOut: 1, isMet: true })
  expect(row).not.toHaveProperty('isSaturated')
})

test('where the generator was saturated in every repetition, nothing is said of the goal', () => {
  const row = rowOf({ ...RATE, goal: { atLeast: 0.7 } }, samples([100, 80], [100, 100], [0, 1]))

  expect(row).toMatchObject({ ratio: { min: 0.8, max: 1 }, isSaturated: true })
  expect(row).not.toHaveProperty('isMet')
  expect(row).not.toHaveProperty('leftOut')
})

test('what is the own of the server counts however busy the generator was', () => {
  const figure: Figure = { ...ALONE, unit: 'µs CPU/message', better: 'less', goal: { atMost: 10 } }
  const row = rowOf(figure, samples([9, 8], [], [0, 1]))

  expect(row).toMatchObject({ ours: { min: 8, max: 9 }, isMet: true })
  expect(row).not.toHaveProperty('isSaturated')
})

test.each<[string, readonly Repetition[], Figure]>([
  ['ours measured no rate', [repetition({ other: 1 }, {})], ALONE],
  ['nothing was measured', [], ALONE],
  ['ours measured NaN as rate', [repetition({ rate: Number.NaN }, {})], ALONE],
  ['bare measured no rate to compare with', [repetition({ rate: 1 }, { rate: 0 })], RATE],
  ['bare measured no rate', [repetition({ rate: 1 }, { rate: 1 }), repetition({ rate: 1 }, {})], RATE],
])('%s: no row', (reason, repetitions, figure) => {
  expect(() => rowOf(figure, repetitions)).toThrow(reason)
})
