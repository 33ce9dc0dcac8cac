import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fifo } from '../../../src/registry/zookeeper/fifo.ts'

const actions = fc.array(
  fc.oneof(
    fc.record({ push: fc.integer({ min: 1, max: 1_500 }) }),
    fc.record({ shift: fc.integer({ min: 1, max: 1_500 }) }),
    fc.constant({ drain: true }),
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
          left.push(fifo.drain())
          expected.push(model.splice(0))
        }
        left.push(fifo.size, fifo.first)
        expected.push(model.length, model[0])
      }
      expect(left).toEqual(expected)
    }),
  )
})
