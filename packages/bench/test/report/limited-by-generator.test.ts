import { expect, test } from 'vitest'
import { isLimitedByGenerator } from '../../src/report/limited-by-generator.ts'
import type { Figure } from '../../src/report/scenario.ts'

const RATE: Figure = { key: '64x200.rate', title: 't', unit: '/s', better: 'more', against: 'bare proxy' }

test.each([
  ['/s', ['ours'], true],
  ['/s', ['bare proxy'], true],
  ['ms', ['bare proxy'], true],
  ['s', ['ours'], true],
  ['/s', ['another'], false],
  ['/s', [], false],
  ['/s', ['ours 64x200'], true],
  ['/s', ['bare proxy 64x200'], true],
  ['/s', ['ours 64x20', 'ours 256x200', 'another 64x200'], false],
  ['µs CPU/message', ['ours', 'bare proxy'], false],
  ['MiB', ['ours', 'bare proxy'], false],
] as const)('a figure in %s with %j saturated: %s', (unit, saturated, expected) => {
  expect(isLimitedByGenerator({ ...RATE, unit }, saturated)).toBe(expected)
})

test('how long the event loop of the server was held up is its own', () => {
  for (const key of ['eventLoopP99', '64x200.eventLoopP99Ms'])
    expect(isLimitedByGenerator({ ...RATE, key, unit: 'ms' }, ['ours'])).toBe(false)
})

test('a figure without a reference is touched by our side only', () => {
  const { against: _, ...alone } = RATE

  expect(isLimitedByGenerator(alone, ['ours'])).toBe(true)
  expect(isLimitedByGenerator(alone, ['bare proxy', 'undefined'])).toBe(false)
})
