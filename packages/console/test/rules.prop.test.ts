import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escapeHtml } from '../src/api/pages.ts'
import { sharePerProxy } from '../src/core/addresses.ts'
import { pageOf } from '../src/core/paging.ts'
import { hashPassword, passwordMatches } from '../src/core/secrets.ts'
import { SignInLimit } from '../src/core/sign-in-limit.ts'

test('the pages of a list, put together, are the list', () => {
  fc.assert(
    fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 20 }), (items, pageSize) => {
      const { totalPage } = pageOf(items, 1, pageSize)
      const pages = Array.from({ length: totalPage }, (_, index) => pageOf(items, index + 1, pageSize).list)

      expect(pages.flat()).toEqual(items)
      expect(pageOf(items, totalPage + 5, pageSize)).toEqual(pageOf(items, totalPage, pageSize))
      expect(pageOf(items, -1, pageSize)).toEqual(pageOf(items, 1, pageSize))
    }),
  )
})

test('CO-14 shares add up to at least the limit, and to less than one more per proxy', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 999_999_999 }),
      fc.integer({ min: 1, max: 500 }),
      (total, count) => {
        const share = sharePerProxy(total, { P_x: Array.from({ length: count }, (_, index) => `h${index}`) })

        expect(share * count).toBeGreaterThanOrEqual(total)
        expect((share - 1) * count).toBeLessThan(total)
      },
    ),
  )
})

test('L1 L2 a key is refused exactly after ten tries within the window since the last success', () => {
  const tries = fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.boolean()), { maxLength: 60 })
  fc.assert(
    fc.property(tries, steps => {
      const limit = new SignInLimit()
      let nowMs = 0
      let sinceMs = 0
      let failures = 0
      for (const [waitMs, success] of steps) {
        nowMs += waitMs
        if (failures > 0 && nowMs - sinceMs >= 300_000) failures = 0
        expect(limit.waitMs('k', nowMs) > 0).toBe(failures >= 10)
        if (failures >= 10) continue
        if (success) {
          limit.succeeded('k')
          failures = 0
        } else {
          limit.tried('k', nowMs)
          if (failures === 0) sinceMs = nowMs
          failures += 1
        }
      }
    }),
  )
})

test('escaped text has no character that HTML gives a meaning', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      expect(escapeHtml(text)).not.toMatch(/[<>"']|&(?!#\d+;)/)
    }),
  )
})

test('a password matches its own hash, another does not, and a damaged hash matches nothing', async () => {
  const hash = await hashPassword('right')

  expect(await passwordMatches('right', hash)).toBe(true)
  expect(await passwordMatches('wrong', hash)).toBe(false)
  expect(await passwordMatches('right', 'plain')).toBe(false)
  expect(await hashPassword('right')).not.toBe(hash)
})
