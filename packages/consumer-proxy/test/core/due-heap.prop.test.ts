import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueHeap } from '../../src/core/due-heap.ts'

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
