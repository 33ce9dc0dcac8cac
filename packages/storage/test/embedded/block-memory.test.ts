import { expect, test } from 'vitest'
import { BlockMemory } from '../../src/embedded/block-memory.ts'

const SLAB_BYTES = 64 * 1024

test('blocks share a slab up to its last byte, each with bytes of its own', () => {
  const memory = new BlockMemory()
  const starts = Array.from({ length: 4 }, () => memory.place(SLAB_BYTES / 4))
  const slab = memory.buffer

  expect(starts).toEqual([0, 1, 2, 3].map(quarter => (quarter * SLAB_BYTES) / 4))
  expect(slab.length).toBe(SLAB_BYTES)
  expect(memory.place(1)).toBe(0)
  expect(memory.buffer).not.toBe(slab)
})

test('what does not fit any more begins another slab', () => {
  const memory = new BlockMemory()
  memory.place(SLAB_BYTES / 2)
  memory.place(SLAB_BYTES / 2 - 10)
  const slab = memory.buffer

  expect(memory.place(11)).toBe(0)
  expect(memory.buffer).not.toBe(slab)
})

test('a block larger than half a slab has memory of its own, and the slab goes on after it', () => {
  const memory = new BlockMemory()
  memory.place(100)
  const slab = memory.buffer

  expect(memory.place(SLAB_BYTES / 2 + 1)).toBe(0)
  expect(memory.buffer.length).toBe(SLAB_BYTES / 2 + 1)
  expect(memory.place(10)).toBe(100)
  expect(memory.buffer).toBe(slab)
})
