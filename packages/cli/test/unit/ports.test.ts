import { expect, test } from 'vitest'
import { portsWithOffset } from '../../src/ports.ts'

test('an offset moves every port by the same distance', () => {
  expect(portsWithOffset(0)).toEqual({ producer: 9613, consumer: 9713, console: 8080, admin: 9610 })
  expect(portsWithOffset(1000)).toEqual({ producer: 10_613, consumer: 10_713, console: 9080, admin: 10_610 })
})

test.each([-1, 0.5, Number.NaN, 60_000])(
  'an offset of %s is refused with the range that is allowed',
  offset => {
    expect(() => portsWithOffset(offset)).toThrow(/--port-offset must be a whole number from 0 to 55822/)
  },
)
