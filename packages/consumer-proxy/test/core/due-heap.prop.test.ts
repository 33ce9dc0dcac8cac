import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueHeap } from '../../src/core/due-heap.ts'
import { Fifo } from '../../src/core/fifo.ts'

test('what is pushed comes out by due time, and only once it is due', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 100 })), fc.nat({ max: 100 }), (dues, nowMs) => {
      const heap = new DueHeap<{ dueMs: number }>()
      for (const dueMs of dues) heap.push(dueMs, { dueMs })
      const popped: number[] = []
      for (let item = heap.popDue(nowMs); item !== undefined; item = heap.popDue(nowMs))
        popped.push(item.dueMs)
      const due = dues.filter(dueMs => dueMs <= nowMs).toSorted((a, b) => a - b)
      expect(popped).toEqual(due)
      expect(heap.nextDueMs).toBe(Math.min(Infinity, ...dues.filter(dueMs => dueMs > nowMs)))
    }),
  )
})

test('a queue gives back what it was given, in order, also beyond its compaction', () => {
  const fifo = new Fifo<{ index: number }>()
  const taken: number[] = []
  for (let index = 0; index < 5000; index++) {
    fifo.push({ index })
    if (index % 3 !== 0) taken.push(fifo.shift()?.index ?? -1)
  }
  while (fifo.size > 0) taken.push(fifo.shift()?.index ?? -1)
  expect(taken).toEqual(Array.from({ length: 5000 }, (_, index) => index))
  expect(fifo.shift()).toBeUndefined()
})
