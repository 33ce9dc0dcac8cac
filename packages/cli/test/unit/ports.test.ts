import { expect, test } from 'vitest'
import { portsWithOffset } from '../../src/ports.ts'

test('an offset moves every port by the same distance', () => {
  const base = portsWithOffset(0)
  const moved = Object.entries(portsWithOffset(1000))

  expect(base).toMatchObject({ producer: 9613, consumer: 9713, console: 8080, admin: 9610 })
  expect(moved).toEqual(Object.entries(base).map(([name, port]) => [name, port + 1000]))
})

test.each([-1, 0.5, Number.NaN, 60_000])(
  'an offset of %s is refused with the range that is allowed',
  offset => {
    expect(() => portsWithOffset(offset)).toThrow(/--port-offset must be a whole number from 0 to 55822/)
  },
)
