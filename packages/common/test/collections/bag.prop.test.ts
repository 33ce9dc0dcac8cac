import { Bag, type Placed } from '@ddmq/common/collections'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const ITEMS = 20

const actions = fc.array(
  fc.oneof(
    fc.record({ what: fc.constant('add' as const), index: fc.nat(ITEMS - 1) }),
    fc.record({ what: fc.constant('delete' as const), index: fc.nat(ITEMS - 1) }),
    fc.record({ what: fc.constant('clear' as const), index: fc.constant(0) }),
  ),
  { maxLength: 100 },
)

test('it holds what a set holds, whatever is put in and taken out in between', () => {
  fc.assert(
    fc.property(actions, script => {
      const items = Array.from({ length: ITEMS }, (): Placed => ({ place: 0 }))
      const bag = new Bag<Placed>()
      const model = new Set<Placed>()
      const told: unknown[] = []
      const expected: unknown[] = []
      for (const { what, index } of script) {
        const item = items[index]
        if (item === undefined) continue
        if (what === 'clear') {
          bag.clear()
          model.clear()
        } else if (what === 'delete') {
          told.push(bag.delete(item))
          expected.push(model.delete(item))
        } else if (!model.has(item)) {
          bag.add(item)
          model.add(item)
        }
        told.push(
          bag.size,
          items.map(each => [...bag].includes(each)),
        )
        expected.push(
          model.size,
          items.map(each => model.has(each)),
        )
      }
      expect(told).toEqual(expected)
    }),
  )
})
