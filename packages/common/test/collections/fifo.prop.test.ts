import { Fifo } from '@ddmq/common/collections'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const actions = fc.array(
  fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ shift: fc.integer({ min: 1, max: 200 }) }),
    fc.constant({ clear: true }),
  ),
  { maxLength: 30 },
)

test('items leave in the order in which they came, whatever is added and taken in between', () => {
  fc.assert(
    fc.property(actions, script => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      const left: unknown[] = []
      const expected: unknown[] = []
      let next = 0
      for (const action of script) {
        if ('push' in action) {
          for (let count = 0; count < action.push; count++) {
            fifo.push(next)
            model.push(next++)
          }
        } else if ('shift' in action) {
          for (let count = 0; count < action.shift; count++) left.push(fifo.shift())
          expected.push(...Array.from({ length: action.shift }, () => model.shift()))
        } else {
          fifo.clear()
          model.length = 0
        }
        const places = [0, 1, model.length - 1, model.length].filter(place => place >= 0)
        left.push(fifo.size, ...places.map(place => fifo.at(place)))
        expected.push(model.length, ...places.map(place => model[place]))
      }
      expect(left).toEqual(expected)
    }),
  )
})
