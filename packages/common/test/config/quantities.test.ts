import { bytes, durationMs } from '@ddmq/common/config'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test.each([
  [0, 0],
  ['0', 0],
  ['250ms', 250],
  ['10s', 10_000],
  ['1.5m', 90_000],
  [' 2 h ', 7_200_000],
  ['7d', 604_800_000],
])('a duration of %j is %d ms', (input, expected) => {
  expect(durationMs().parse(input)).toBe(expected)
})

test.each([
  [1, 1],
  ['512KiB', 524_288],
  ['64MiB', 67_108_864],
  ['1GB', 1_000_000_000],
  ['2kB', 2_000],
  ['3B', 3],
])('a size of %j is %d bytes', (input, expected) => {
  expect(bytes().parse(input)).toBe(expected)
})

test.each([
  '',
  's',
  '-1s',
  '1 parsec',
  '1e3',
  '10mib',
  -1,
  0.5,
  Number.NaN,
  Infinity,
  null,
  true,
  '9999999999999d',
])('what is no quantity is refused with an example: %j', input => {
  expect(durationMs().safeParse(input).error?.issues[0]?.message).toContain('such as 250ms')
  expect(bytes().safeParse(input).error?.issues[0]?.message).toContain('such as 512KiB')
})

test('whatever the text is, the result is a whole number of milliseconds or a refusal', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,20}(\.\d{1,5})?(ms|s|m|h|d)$/)), text => {
      const parsed = durationMs().safeParse(text)
      expect(!parsed.success || (Number.isSafeInteger(parsed.data) && parsed.data >= 0)).toBe(true)
    }),
  )
})
