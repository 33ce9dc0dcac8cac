import { expect, test } from 'vitest'
import { topicDocument } from './documents.ts'
import type { RegistryHarness } from './harness.ts'
import { recorder, type Seen } from './recorder.ts'

/** Listeners that fail, and listeners that left. */
export function failingListenerSuite({ open }: RegistryHarness): void {
  test('a listener that fails for the current value fails its watch and is not added', async () => {
    await using fixture = await open()
    const { registry } = fixture
    let calls = 0

    const watch = registry.watch('topic', 't1', () => {
      calls++
      throw new Error('not ready')
    })

    await expect(watch).rejects.toThrow('not ready')
    await registry.put('topic', 't1', topicDocument('t1'))
    expect(calls).toBe(1)
  })

  test('a listener that fails for a change fails neither the write nor the others and shows until it succeeds', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const seen: Seen = []
    await registry.watch('topic', 't1', current => {
      if (current?.version === 0) throw new Error('cannot apply')
    })
    await registry.watch('topic', 't1', recorder(seen))

    await registry.put('topic', 't1', topicDocument('t1', 1))
    expect(registry.problems()).toEqual([
      { path: '/carrera/v4/config/topic/t1', reason: 'not applied: cannot apply' },
    ])
    await registry.put('topic', 't1', topicDocument('t1', 2))

    expect(seen).toEqual(['absent', 1, 2])
    expect(registry.problems()).toEqual([])
  })

  test('a closed watch is called no more', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const seen: Seen = []
    const watch = await registry.watch('topic', 't1', recorder(seen))

    watch.close()
    await registry.put('topic', 't1', topicDocument('t1', 1))

    expect(seen).toEqual(['absent'])
  })
}
