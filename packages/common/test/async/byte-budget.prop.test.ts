import { ByteBudget } from '@ddmq/common/async'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test('B1 B2 used is what was drawn and not given back, and a draw succeeds exactly while it is below the limit', () => {
  const steps = fc.array(fc.record({ draw: fc.boolean(), bytes: fc.integer({ min: 0, max: 50 }) }))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), steps, (limit, script) => {
      const budget = new ByteBudget(limit)
      const held: number[] = []
      for (const { draw, bytes } of script) {
        const used = held.reduce((sum, item) => sum + item, 0)
        expect(budget.usedBytes).toBe(used)
        if (!draw) budget.giveBack(held.pop() ?? 0)
        const drawn = draw && budget.tryDraw(bytes)
        expect(drawn).toBe(draw && used < limit)
        if (drawn) held.push(bytes)
      }
    }),
  )
})

test('B3 waiters are woken once, in order, when the budget falls below its limit, and none is forgotten', async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(sizes, fc.integer({ min: 1, max: 30 }), async (wanted, limit) => {
      const budget = new ByteBudget(limit)
      const served: number[] = []
      const take = (index: number): void => {
        if (budget.tryDraw(wanted[index] ?? 0)) served.push(index)
        else budget.onAvailable(() => take(index))
      }
      wanted.forEach((_, index) => take(index))

      for (let next = 0; next < served.length; next++) {
        budget.giveBack(wanted[served[next] ?? 0] ?? 0)
        await Promise.resolve()
      }

      expect(served).toEqual(wanted.map((_, index) => index))
      expect(budget.usedBytes).toBe(0)
    }),
  )
})

test('B3 who asks when there is room already is woken at once', async () => {
  const woken = Promise.withResolvers<void>()

  new ByteBudget(1).onAvailable(() => woken.resolve())

  await expect(woken.promise).resolves.toBeUndefined()
})
