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

test('whoever listens is told of everything that is given back, until it ends that', () => {
  const budget = new ByteBudget(10)
  const seen: number[] = []
  const stop = budget.onGiveBack(() => seen.push(budget.usedBytes))

  budget.tryDraw(10)
  budget.giveBack(3)
  budget.giveBack(1)
  stop()
  budget.giveBack(6)

  expect(seen).toEqual([7, 6])
})
