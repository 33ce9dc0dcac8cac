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
      let next = 0
      for (const action of script) {
        if ('push' in action) {
          for (let count = 0; count < action.push; count++) {
            fifo.push(next)
            model.push(next++)
          }
        } else if ('shift' in action) {
          for (let count = 0; count < action.shift; count++) expect(fifo.shift()).toBe(model.shift())
        } else {
          expect(fifo.drain()).toEqual(model.splice(0))
        }
        expect([fifo.size, fifo.first]).toEqual([model.length, model[0]])
      }
    }),
  )
})
