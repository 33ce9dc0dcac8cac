import {
  documentTree,
  EmbeddedRegistry,
  exportTree,
  importTree,
  nodePath,
  serializeDocument,
} from '@ddmq/common/registry'
import { groupDocument, topicDocument } from '@ddmq/common/registry/conformance'
import { openZooKeeperTree } from '@ddmq/common/registry/zookeeper'
import { startZooKeeper, tempDir, testLogger, type ZooKeeperEnsemble, zookeeperMissing } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRegistry, settingsFor } from './fixture.ts'
import { needs } from './requirement.ts'

const reason = zookeeperMissing()
const ROOT = '/carrera/v4/config'
const BYTES = Buffer.from([0xff, 0x00, 0xfe])

describe.skipIf(reason !== undefined)(`Export and import of ZooKeeper${needs(reason)}`, () => {
  let ensemble: ZooKeeperEnsemble
  beforeAll(async () => {
    ensemble = await startZooKeeper({ nodes: 1 })
  })
  afterAll(async () => ensemble[Symbol.asyncDispose]())

  test('a tree comes back byte for byte elsewhere, unknown and broken nodes and bytes that are no text included', async () => {
    const settings = settingsFor(ensemble.connectString)
    await using opened = await openRegistry(settings)
    await opened.registry.createContainers()
    await opened.registry.put('group', 'cg_a', groupDocument('cg_a'))
    await using source = await openZooKeeperTree(settings, testLogger().log)
    await source.write(`${ROOT}/topic/broken`, Buffer.from('{'))
    await source.write(`${ROOT}/somebody/else`, BYTES)
    await source.write(`${ROOT}/topic/empty`, Buffer.alloc(0))

    const exported = await exportTree(source)
    await using target = await openZooKeeperTree(settingsFor(ensemble.connectString), testLogger().log)
    const file: unknown = JSON.parse(JSON.stringify(exported))

    expect(await importTree(target, file)).toEqual({ written: exported.nodes.length, same: 0, kept: [] })
    expect((await exportTree(target)).nodes).toEqual(exported.nodes)
    expect(await target.read(`${ROOT}/somebody/else`)).toEqual(BYTES)
    expect(await importTree(target, file)).toEqual({ written: 0, same: exported.nodes.length, kept: [] })
  })

  test('what is there stays unless it is to be overwritten', async () => {
    await using tree = await openZooKeeperTree(settingsFor(ensemble.connectString), testLogger().log)
    const path = nodePath('topic', 't1')
    await tree.write(path, Buffer.from('one'))
    const exported = await exportTree(tree)
    await tree.write(path, Buffer.from('two'))

    expect(await importTree(tree, exported)).toMatchObject({ written: 0, kept: [path] })
    expect(await tree.read(path)).toEqual(Buffer.from('two'))
    expect(await importTree(tree, exported, { overwrite: true })).toMatchObject({ written: 1, kept: [] })
    expect(await tree.read(path)).toEqual(Buffer.from('one'))
  })

  test('documents move between the embedded tree and ZooKeeper, in both directions', async () => {
    await using dir = await tempDir()
    const embedded = new EmbeddedRegistry({ dir: dir.path, log: testLogger().log })
    await embedded.start()
    await embedded.put('topic', 't1', topicDocument('t1', 7))
    const settings = settingsFor(ensemble.connectString)
    await using tree = await openZooKeeperTree(settings, testLogger().log)

    await importTree(tree, await exportTree(documentTree(embedded)))
    await using opened = await openRegistry(settings)
    expect(await opened.registry.get('topic', 't1')).toEqual({ value: topicDocument('t1', 7), version: 0 })

    await opened.registry.put('topic', 't2', topicDocument('t2', 8))
    await importTree(documentTree(embedded), await exportTree(tree))
    expect((await embedded.get('topic', 't2'))?.value).toEqual(topicDocument('t2', 8))
    await embedded.stop()
  })

  test('a file that is no export is refused before anything is written', async () => {
    await using tree = await openZooKeeperTree(settingsFor(ensemble.connectString), testLogger().log)
    const good = { path: nodePath('topic', 't1'), text: serializeDocument('topic', topicDocument('t1')) }
    const file = {
      format: 'ddmq-config-tree/1',
      exportedAt: new Date().toISOString(),
      nodes: [good, { path: '/etc' }],
    }

    await expect(importTree(tree, file)).rejects.toThrow(/no export of a config tree: nodes\.1\.path/)
    expect(await tree.read(good.path)).toBeUndefined()
  })
})
