import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from '../src/core/backoff.ts'

const draw = fc.double({ min: 0, max: 0.999_999, noNaN: true })

test('SD-30 each pause is at least as long as any before it, up to the limit', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), draw, draw, (retry, first, second) => {
      const pause = backoffMs(retry, 20, 500, () => first)
      const next = backoffMs(retry + 1, 20, 500, () => second)

      expect(pause).toBeLessThanOrEqual(500)
      expect(next >= pause || next >= 250).toBe(true)
    }),
  )
})
