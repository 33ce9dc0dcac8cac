import { expect, test } from 'vitest'
import { topicDocument } from './documents.ts'
import type { RegistryHarness } from './harness.ts'
import { recorder, type Seen } from './recorder.ts'

/** Listeners that write. */
export function writingListenerSuite({ open }: RegistryHarness): void {
  test('a listener that waits for a write of its own node is refused instead of waiting for ever', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const refused: unknown[] = []
    await registry.watch('topic', 't1', async current => {
      if (current !== undefined) await registry.delete('topic', 't1').catch(thrown => refused.push(thrown))
    })

    await registry.put('topic', 't1', topicDocument('t1'))

    expect(refused).toMatchObject([{ code: 'REGISTRY_REENTRANT_WRITE' }])
    expect(await registry.get('topic', 't1')).toBeDefined()
  })

  test('a listener may wait for a write of another node, but not through it for its own', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const seen: Seen = []
    await registry.watch('topic', 'a', async current => {
      if (current !== undefined) await registry.put('topic', 'b', topicDocument('b', 42))
    })
    await registry.watch('topic', 'b', recorder(seen))
    await registry.watch('topic', 'b', async current => {
      if (current !== undefined) await registry.put('topic', 'a', topicDocument('a', 43))
    })

    await registry.put('topic', 'a', topicDocument('a'))

    expect(seen).toEqual(['absent', 42])
    expect(registry.problems()).toMatchObject([{ path: '/carrera/v4/config/topic/b' }])
  })

  test('work that a listener started may write the node once the listener is done', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const done = Promise.withResolvers<void>()
    let later: Promise<number> | undefined
    await registry.watch('topic', 't1', current => {
      if (current?.version === 0)
        later = done.promise.then(() => registry.put('topic', 't1', topicDocument('t1', 2)))
    })

    await registry.put('topic', 't1', topicDocument('t1', 1))
    done.resolve()

    expect(await later).toBe(1)
  })
}
