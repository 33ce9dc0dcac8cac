import { OffsetTable } from '@ddmq/common/collections'
import fc from 'fast-check'
import { expect, test } from 'vitest'

// Few of them, so that they are met again; some that fall on one place, some beyond 32 bits, some on both sides of the end.
const OFFSETS = [0, 1, 2, 14, 15, 16, 17, 30, 31, 32, 46, 62, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 15, 2 ** 53 - 1]

const actions = fc.array(
  fc.record({
    what: fc.constantFrom('add' as const, 'delete' as const),
    offset: fc.constantFrom(...OFFSETS),
  }),
  { maxLength: 200 },
)

test('it finds what a map finds, whatever is put in and taken out in between', () => {
  fc.assert(
    fc.property(actions, script => {
      const table = new OffsetTable<{ readonly offset: number }>()
      const model = new Map<number, { readonly offset: number }>()
      const told: unknown[] = []
      const expected: unknown[] = []
      for (const { what, offset } of script) {
        const item = model.get(offset) ?? { offset }
        if (what === 'delete') {
          told.push(table.delete(item))
          expected.push(model.delete(offset))
        } else if (!model.has(offset)) {
          table.add(item)
          model.set(offset, item)
        }
        told.push(OFFSETS.map(each => table.get(each)))
        expected.push(OFFSETS.map(each => model.get(each)))
      }
      expect(told).toEqual(expected)
    }),
  )
})

test('a crowd comes and goes, in another order', () => {
  const table = new OffsetTable<{ readonly offset: number }>()
  const items = Array.from({ length: 5000 }, (_, index) => ({ offset: 1e12 + index * 3 }))
  for (const item of items) table.add(item)
  const leaving = items.filter((_, index) => index % 7 !== 0).toReversed()
  for (const item of leaving) expect(table.delete(item)).toBe(true)
  for (const [index, item] of items.entries())
    expect(table.get(item.offset)).toBe(index % 7 === 0 ? item : undefined)
})

test('of two items of one offset each is taken out for itself', () => {
  const table = new OffsetTable<{ readonly offset: number; readonly name: string }>()
  const [first, second] = [
    { offset: 7, name: 'first' },
    { offset: 7, name: 'second' },
  ]
  table.add(first)
  table.add(second)
  expect(table.delete(first)).toBe(true)
  expect(table.delete(first)).toBe(false)
  expect(table.get(7)).toBe(second)
})
