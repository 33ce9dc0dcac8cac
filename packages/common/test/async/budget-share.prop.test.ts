import { BudgetShare, ByteBudget } from '@ddmq/common/async'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const SHARES = 3
const sum = (items: readonly number[]): number => items.reduce((all, item) => all + item, 0)

test('S1 S2 a draw succeeds exactly while the share holds less than a quarter of what is free', () => {
  const step = fc.record({
    share: fc.nat({ max: SHARES - 1 }),
    draw: fc.boolean(),
    bytes: fc.integer({ min: 1, max: 50 }),
  })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.array(step), (limit, script) => {
      const budget = new ByteBudget(limit)
      const shares = Array.from({ length: SHARES }, () => new BudgetShare(budget))
      const held: number[][] = shares.map(() => [])
      for (const { share, draw, bytes } of script) {
        const mine = held[share] ?? []
        const used = sum(held.flat())
        expect(budget.usedBytes).toBe(used)
        if (!draw) shares[share]?.giveBack(mine.pop() ?? 0)
        const drawn = draw && shares[share]?.tryDraw(bytes)
        expect(drawn).toBe(draw && sum(mine) < (limit - used) / 4)
        if (drawn === true) mine.push(bytes)
      }
    }),
  )
})

test('S1 holders that never give back leave 0.8ⁿ of the budget, less one item each', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1000 }), (holders, item) => {
      const budget = new ByteBudget(1_000_000)
      for (let n = 0; n < holders; n++) {
        const share = new BudgetShare(budget)
        while (share.tryDraw(item));
      }

      const free = budget.limitBytes - budget.usedBytes
      expect(free).toBeGreaterThanOrEqual(budget.limitBytes * 0.8 ** holders - holders * item)
    }),
  )
})

test('what is held may grow beyond the share and the budget, and both are closed until it shrinks', () => {
  const budget = new ByteBudget(100)
  const share = new BudgetShare(budget)
  expect(share.tryDraw(10)).toBe(true)

  share.drawMore(100)
  expect([budget.usedBytes, share.tryDraw(1), budget.tryDraw(1)]).toEqual([110, false, false])
  share.giveBack(110)
  expect([budget.usedBytes, share.tryDraw(1)]).toEqual([0, true])
})

test('S3 every waiter gets on, in order, whichever share gives back', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 30 }), async (wanted, limit) => {
      const budget = new ByteBudget(limit)
      const other = new BudgetShare(budget)
      other.tryDraw(limit)
      const share = new BudgetShare(budget)
      const served: number[] = []
      const take = (index: number): void => {
        if (share.tryDraw(wanted[index] ?? 0)) served.push(index)
        else share.onAvailable(() => take(index))
      }
      wanted.forEach((_, index) => take(index))
      expect(served).toEqual([])

      other.giveBack(limit)
      for (let next = 0; next < served.length; next++) {
        share.giveBack(wanted[served[next] ?? 0] ?? 0)
        await Promise.resolve()
      }

      expect(served).toEqual(wanted.map((_, index) => index))
      expect(budget.usedBytes).toBe(0)
    }),
  )
})

test('S3 who asks when there is room already is woken at once', async () => {
  const woken = Promise.withResolvers<void>()

  new BudgetShare(new ByteBudget(1)).onAvailable(() => woken.resolve())

  await expect(woken.promise).resolves.toBeUndefined()
})
