import { InvalidArgumentError } from 'commander'
import { expect, test } from 'vitest'
import { parseInstantMs } from '../../src/argument-parsers.ts'

test.each([
  ['2026-12-24T18:00:00Z', Date.UTC(2026, 11, 24, 18)],
  ['2026-12-24T18:00Z', Date.UTC(2026, 11, 24, 18)],
  ['2026-12-24T18:00:00.250+01:00', Date.UTC(2026, 11, 24, 17, 0, 0, 250)],
  ['2026-12-24T18:00:00', new Date(2026, 11, 24, 18).getTime()],
  ['1798135200', 1_798_135_200_000],
  ['1798135200.25', 1_798_135_200_250],
])('the time %s is %i', (text, ms) => {
  expect(parseInstantMs(text)).toBe(ms)
})

test.each(['', 'tomorrow', '5s', '2026-12-24', '2026-13-24T18:00:00Z', '1798135200000', '-1'])(
  'the time "%s" is refused with how to write one',
  text => {
    expect(() => parseInstantMs(text)).toThrow(InvalidArgumentError)
    expect(() => parseInstantMs(text)).toThrow('write 2026-12-24T18:00:00Z or unix seconds.')
  },
)
