import { expect, test, vi } from 'vitest'
import { topicDocument } from './documents.ts'
import type { RegistryHarness } from './harness.ts'
import { recorder, type Seen } from './recorder.ts'

/** Watches of one node: current value, changes, order. */
export function watchSuite({ open }: RegistryHarness): void {
  test('CM-16 a listener has the current value when watch resolves and each change when put or delete resolves', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const seen: Seen = []

    await registry.watch('topic', 't1', recorder(seen))
    expect(seen).toEqual(['absent'])
    await registry.put('topic', 't1', topicDocument('t1', 1))
    expect(seen).toEqual(['absent', 1])
    await registry.put('topic', 't1', topicDocument('t1', 2))
    await registry.delete('topic', 't1')
    expect(seen).toEqual(['absent', 1, 2, 'absent'])
  })

  test('a second listener begins with the value in force, and another node is none of its business', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const seen: Seen = []
    await registry.put('topic', 't1', topicDocument('t1', 5))
    await registry.watch('topic', 't1', () => undefined)

    await registry.watch('topic', 't1', recorder(seen))
    await registry.put('topic', 't2', topicDocument('t2', 6))

    expect(seen).toEqual([5])
  })

  test('CM-17 of ten rapid updates the last is in effect and no older one comes after a newer one', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const versions: number[] = []
    await registry.watch('topic', 't1', async current => {
      // Slower for early versions: without an order they would overtake each other.
      for (let turn = 10 - (current?.version ?? 0); turn > 0; turn--) await Promise.resolve()
      versions.push(current?.version ?? -1)
    })

    const updates = Array.from({ length: 10 }, (_, index) => topicDocument('t1', index + 1))
    await Promise.all(updates.map(update => registry.put('topic', 't1', update)))

    await vi.waitFor(() => expect(versions.at(-1)).toBe(9))
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
  })

  test('put waits for a listener that takes its time', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const gate = Promise.withResolvers<void>()
    const entered = Promise.withResolvers<void>()
    let applied = false
    await registry.watch('topic', 't1', async current => {
      if (current === undefined) return
      entered.resolve()
      await gate.promise
      applied = true
    })

    const put = registry.put('topic', 't1', topicDocument('t1')).then(() => applied)
    await entered.promise
    gate.resolve()

    expect(await put).toBe(true)
  })
}
