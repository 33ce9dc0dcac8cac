import { expect, test } from 'vitest'
import { topicDocument } from './documents.ts'
import type { RegistryHarness } from './harness.ts'

/** Versions and compare-and-set. */
export function versionSuite({ open }: RegistryHarness): void {
  test('the version grows with every write and starts again when the node is created anew', async () => {
    await using fixture = await open()
    const put = () => fixture.registry.put('topic', 't1', topicDocument('t1'))

    expect([await put(), await put(), await put()]).toEqual([0, 1, 2])
    await fixture.registry.delete('topic', 't1')
    expect(await put()).toBe(0)
  })

  test('a write with another expected version is refused and changes nothing', async () => {
    await using fixture = await open()
    const put = (maxTps: number, expectedVersion: number) =>
      fixture.registry.put('topic', 't1', topicDocument('t1', maxTps), { expectedVersion })

    expect(await put(1, -1)).toBe(0)
    await expect(put(2, -1)).rejects.toMatchObject({ code: 'REGISTRY_VERSION_CONFLICT' })
    await expect(put(3, 1)).rejects.toMatchObject({ code: 'REGISTRY_VERSION_CONFLICT' })
    expect(await put(4, 0)).toBe(1)
    expect(await fixture.registry.get('topic', 't1')).toEqual({ value: topicDocument('t1', 4), version: 1 })
  })

  test('a delete with another expected version is refused and changes nothing', async () => {
    await using fixture = await open()
    const remove = (expectedVersion: number) => fixture.registry.delete('topic', 't1', { expectedVersion })
    await fixture.registry.put('topic', 't1', topicDocument('t1', 1))
    await fixture.registry.put('topic', 't1', topicDocument('t1', 2))

    for (const wrong of [-1, 0, 2]) {
      await expect(remove(wrong)).rejects.toMatchObject({ code: 'REGISTRY_VERSION_CONFLICT' })
    }
    expect(await fixture.registry.get('topic', 't1')).toEqual({ value: topicDocument('t1', 2), version: 1 })
    await remove(1)
    expect(await fixture.registry.get('topic', 't1')).toBeUndefined()
    await expect(remove(1)).rejects.toMatchObject({ code: 'REGISTRY_VERSION_CONFLICT' })
  })

  test('of writers that expect the same version exactly one wins', async () => {
    await using fixture = await open()
    const put = (maxTps: number) =>
      fixture.registry.put('topic', 't1', topicDocument('t1', maxTps), { expectedVersion: -1 })

    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(put))

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })
}
