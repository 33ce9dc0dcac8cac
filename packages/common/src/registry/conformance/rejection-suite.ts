import { expect, test, vi } from 'vitest'
import { nodePath } from '../paths.ts'
import { serializeDocument } from '../serialize-document.ts'
import { topicDocument } from './documents.ts'
import type { RegistryHarness } from './harness.ts'
import { recorder, type Seen } from './recorder.ts'

/** Texts of other writers that cannot be used. */
export function rejectionSuite({ open }: RegistryHarness): void {
  test('CM-18 a malformed document is never delivered: the last good one stays and the node is reported', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const path = nodePath('topic', 't1')
    const seen: Seen = []
    await registry.put('topic', 't1', topicDocument('t1', 1))
    await registry.watch('topic', 't1', recorder(seen))

    await fixture.writeRaw(path, '{"topic":"t1"')
    await expect(registry.get('topic', 't1')).rejects.toMatchObject({ code: 'REGISTRY_DOCUMENT_INVALID' })
    await vi.waitFor(() => expect(registry.problems()).toMatchObject([{ path }]))
    expect(seen).toEqual([1])

    await registry.put('topic', 't1', topicDocument('t1', 2))
    expect(seen).toEqual([1, 2])
    expect(registry.problems()).toEqual([])
  })

  test('CM-18 a listener added while the document is malformed gets the last good one', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const seen: Seen = []
    await registry.put('topic', 't1', topicDocument('t1', 1))
    await registry.watch('topic', 't1', () => undefined)
    await fixture.writeRaw(nodePath('topic', 't1'), '[]')

    await registry.watch('topic', 't1', recorder(seen))

    expect(seen).toEqual([1])
  })

  test('CM-18 without a good document the listener waits for the first one', async () => {
    await using fixture = await open()
    const { registry } = fixture
    const seen: Seen = []
    await fixture.writeRaw(nodePath('topic', 't1'), '{"topic":"t1","topicUnits":[]}')

    await registry.watch('topic', 't1', recorder(seen))
    expect(seen).toEqual([])
    expect(registry.problems()).toHaveLength(1)
    await registry.put('topic', 't1', topicDocument('t1', 3))

    expect(seen).toEqual([3])
  })

  test.each(['default', 'carrera'])(
    'CM-21 the placeholder %s of another writer is absence',
    async placeholder => {
      await using fixture = await open()
      const { registry } = fixture
      const path = nodePath('topic', 't1')
      const seen: Seen = []
      await fixture.writeRaw(path, placeholder)

      await registry.watch('topic', 't1', recorder(seen))
      expect(await registry.get('topic', 't1')).toBeUndefined()
      expect(registry.problems()).toEqual([])
      await registry.put('topic', 't1', topicDocument('t1', 4))

      expect(seen).toEqual(['absent', 4])
    },
  )

  test('CM-6 a document of another writer with members we do not know is read without them', async () => {
    await using fixture = await open()
    const document = topicDocument('t1')
    const text = serializeDocument('topic', document).replace('{', '{"paramLength":3,"rateLimit":{"a":1},')

    await fixture.writeRaw(nodePath('topic', 't1'), text)

    expect((await fixture.registry.get('topic', 't1'))?.value).toEqual(document)
  })
}
