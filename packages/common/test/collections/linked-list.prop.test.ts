import { type Linked, LinkedList } from '@ddmq/common/collections'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const ITEMS = 12

class Item implements Linked<Item> {
  before: Item | undefined = undefined
  after: Item | undefined = undefined
}

const actions = fc.array(
  fc.record({
    what: fc.constantFrom('push' as const, 'unshift' as const, 'delete' as const),
    index: fc.nat(ITEMS - 1),
  }),
  { maxLength: 100 },
)

test('it holds what an array holds, whatever is put in and taken out in between', () => {
  fc.assert(
    fc.property(actions, script => {
      const items = Array.from({ length: ITEMS }, () => new Item())
      const list = new LinkedList<Item>()
      let model: Item[] = []
      for (const { what, index } of script) {
        const item = items[index]
        if (item === undefined) continue
        const isIn = model.includes(item)
        if (what === 'delete' && isIn) {
          list.delete(item)
          model = model.filter(each => each !== item)
        } else if (what === 'push' && !isIn) {
          list.push(item)
          model.push(item)
        } else if (what === 'unshift' && !isIn) {
          list.unshift(item)
          model.unshift(item)
        }
        expect(list.size).toBe(model.length)
        const forth = walk(list.first, each => each.after)
        const back = walk(forth.at(-1), each => each.before)
        // By identity: the items are all alike.
        expect(forth.map(each => items.indexOf(each))).toEqual(model.map(each => items.indexOf(each)))
        expect(back.toReversed().map(each => items.indexOf(each))).toEqual(
          model.map(each => items.indexOf(each)),
        )
      }
    }),
  )
})

test('what was taken out leads to nothing', () => {
  const list = new LinkedList<Item>()
  const items = [new Item(), new Item(), new Item()]
  for (const item of items) list.push(item)
  for (const item of items) list.delete(item)
  for (const { before, after } of items) expect([before, after]).toEqual([undefined, undefined])
})

function walk(from: Item | undefined, next: (item: Item) => Item | undefined): Item[] {
  const seen: Item[] = []
  for (let item = from; item !== undefined && seen.length <= ITEMS; item = next(item)) seen.push(item)
  return seen
}
