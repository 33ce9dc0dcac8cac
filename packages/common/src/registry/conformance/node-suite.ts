import { expect, test } from 'vitest'
import { CONTAINER_PATHS, nodePath } from '../paths.ts'
import { serializeDocument } from '../serialize-document.ts'
import { groupDocument, topicDocument } from './documents.ts'
import type { RegistryHarness } from './harness.ts'

const ODD_NAMES = ['%RETRY%a|b', 'cg_x.y', 'Mixed-Case', 'mixed-case', '主题', '题'.repeat(60)]

/** Reading, writing and names. */
export function nodeSuite({ open }: RegistryHarness): void {
  test('an absent node is read as undefined and deleting it is no error', async () => {
    await using fixture = await open()

    await fixture.registry.delete('topic', 'absent')

    expect(await fixture.registry.get('topic', 'absent')).toBeUndefined()
    expect(await fixture.registry.list('topic')).toEqual([])
  })

  test('CM-4 a document is stored as its canonical text and read back equal', async () => {
    await using fixture = await open()
    const document = topicDocument('t1', 7)

    await fixture.registry.put('topic', 't1', document)

    expect(await fixture.registry.get('topic', 't1')).toEqual({ value: document, version: 0 })
    expect(await fixture.readRaw(nodePath('topic', 't1'))).toBe(serializeDocument('topic', document))
  })

  test('names with case, percent signs, bars and many bytes are nodes of their own, listed sorted', async () => {
    await using fixture = await open()
    for (const name of ODD_NAMES) await fixture.registry.put('topic', name, topicDocument(name))

    expect(await fixture.registry.list('topic')).toEqual(ODD_NAMES.toSorted())
    for (const name of ODD_NAMES) {
      expect((await fixture.registry.get('topic', name))?.value.topic).toBe(name)
    }
    expect(await fixture.registry.list('group')).toEqual([])
  })

  test('CM-10 a document that breaks a rule, or bears another name, is refused and nothing is written', async () => {
    await using fixture = await open()
    const { registry } = fixture

    await expect(registry.put('group', 'a b', groupDocument('a b'))).rejects.toMatchObject({
      code: 'REGISTRY_DOCUMENT_INVALID',
    })
    await expect(registry.put('group', 'a', groupDocument('b'))).rejects.toMatchObject({
      code: 'REGISTRY_DOCUMENT_INVALID',
    })
    expect(await registry.list('group')).toEqual([])
  })

  test('CM-2 exactly the seven containers are created, each with its text, as often as asked', async () => {
    await using fixture = await open()

    await fixture.registry.createContainers()
    await fixture.registry.createContainers()

    expect(CONTAINER_PATHS).toHaveLength(7)
    for (const path of CONTAINER_PATHS) expect(await fixture.readRaw(path)).toBe('default')
    expect(await fixture.registry.list('topic')).toEqual([])
  })
}
