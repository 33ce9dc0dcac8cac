import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { nodePath } from '@ddmq/common/registry'
import { topicDocument } from '@ddmq/common/registry/conformance'
import {
  eventually,
  serverPort,
  startZooKeeper,
  tempDir,
  type ZooKeeperEnsemble,
  zookeeperMissing,
} from '@ddmq/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type OpenRegistry, openRegistry, rawNodes, settingsFor } from './fixture.ts'
import { needs } from './requirement.ts'

const reason = zookeeperMissing()
const STARTED = 'started without ZooKeeper, on the documents of the last-good cache'

describe.skipIf(reason !== undefined)(`The last-good cache of ZooKeeper${needs(reason)}`, () => {
  let ensemble: ZooKeeperEnsemble
  beforeAll(async () => {
    ensemble = await startZooKeeper({ nodes: 1 })
  })
  afterAll(async () => ensemble[Symbol.asyncDispose]())
  beforeEach(async () => ensemble.start())

  test('CM-20 a start without ZooKeeper works from the cache and says so; differences are applied when it is back', async () => {
    await using dir = await tempDir()
    const settings = settingsFor(ensemble.connectString, { cacheDir: dir.path, operationTimeoutMs: 500 })
    await fillCache(settings)
    {
      await using other = await openRegistry(settingsFor(settings.connect))
      await other.registry.put('topic', 'changed', topicDocument('changed', 2))
    }
    await ensemble.stop()

    await using opened = await openRegistry(settings)
    const { registry, metrics, logger } = opened
    const changed = await follow(opened, 'changed')
    const same = await follow(opened, 'same')
    const absent = await follow(opened, 'absent')

    expect([changed, same, absent]).toEqual([[1], [1], [undefined]])
    expect(logger.withMessage(STARTED)).toMatchObject([
      { reason: expect.stringContaining('refuses the connection') },
    ])
    expect(registry.health()).toMatchObject({
      ok: true,
      degraded: expect.stringMatching(
        /127\.0\.0\.1:\d+.* is away: .*refuses.*3 documents come from the last-good cache/,
      ),
    })
    expect(await metrics.metrics()).toContain('ddmq_registry_cached_documents 3')
    const away = { code: 'REGISTRY_UNAVAILABLE', retryable: true }
    await expect(follow(opened, 'never-watched')).rejects.toMatchObject(away)
    await expect(registry.put('topic', 'same', topicDocument('same', 9))).rejects.toMatchObject(away)
    await expect(registry.list('topic')).rejects.toMatchObject(away)

    await ensemble.start()
    await eventually(() => expect(changed).toEqual([1, 2]), 20_000)
    await eventually(async () =>
      expect(await metrics.metrics()).toContain('ddmq_registry_cached_documents 0'),
    )
    await registry.put('topic', 'absent', topicDocument('absent', 3))
    expect([same, absent]).toEqual([[1], [undefined, 3]])
    expect(registry.health()).toEqual({ ok: true })
  })

  test('CM-20 a cold cache cannot carry a start: it fails with the address', async () => {
    await using dir = await tempDir()
    const settings = settingsFor(ensemble.connectString, { cacheDir: dir.path, startTimeoutMs: 2_000 })
    await ensemble.stop()

    await expect(openRegistry(settings)).rejects.toThrow(
      `ZooKeeper ${settings.connect} is away: ${ensemble.connectString} refuses the connection`,
    )
  })

  test('a start waits for ZooKeeper that comes in time', async () => {
    const settings = settingsFor(ensemble.connectString)
    await ensemble.stop()
    const opening = openRegistry(settings)

    await ensemble.start()

    await using opened = await opening
    expect(await opened.registry.put('topic', 't1', topicDocument('t1'))).toBe(0)
  })

  test('the files are their owner’s, and one that is damaged counts as absent', async () => {
    await using dir = await tempDir()
    const settings = settingsFor(ensemble.connectString, { cacheDir: dir.path, operationTimeoutMs: 300 })
    await fillCache(settings)
    const [ensembleDir = ''] = await readdir(dir.path)
    const file = join(dir.path, ensembleDir, 'topic', 'same.json')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await writeFile(file, '{"format":1')
    await ensemble.stop()

    await using opened = await openRegistry(settings)

    await expect(follow(opened, 'same')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    expect(await follow(opened, 'changed')).toEqual([1])
  })

  test('after the tree was made anew its documents are taken, whatever the ids of their transactions', async () => {
    await using dir = await tempDir()
    const port = await serverPort()
    const settings = settingsFor(`127.0.0.1:${port}/x`, { cacheDir: dir.path })
    {
      await using first = await startZooKeeper({ nodes: 1, ports: [port] })
      await fillCache(settings)
      await first.stop()
    }
    await using opened = await openRegistry(settings)
    const same = await follow(opened, 'same')
    const changed = await follow(opened, 'changed')

    await using second = await startZooKeeper({ nodes: 1, ports: [port] })
    expect(second.nodes).toHaveLength(1)
    await using writer = await openRegistry(settingsFor(settings.connect))
    await writer.registry.put('topic', 'same', topicDocument('same', 1))
    await writer.registry.put('topic', 'changed', topicDocument('changed', 5))

    await eventually(() => expect(changed.at(-1)).toBe(5), 20_000)
    await eventually(() => expect(same.at(-1)).toBe(1))
  })

  test('CM-18 a document that was broken while this process was down does not replace the last good one', async () => {
    await using dir = await tempDir()
    const settings = settingsFor(ensemble.connectString, { cacheDir: dir.path })
    await fillCache(settings)
    await using raw = rawNodes(settings)
    await raw.writeRaw(nodePath('topic', 'same'), '{')

    await using opened = await openRegistry(settings)
    const seen = await follow(opened, 'same')

    expect(seen).toEqual([1])
    expect(opened.registry.problems()).toMatchObject([{ path: nodePath('topic', 'same') }])
    await opened.registry.put('topic', 'same', topicDocument('same', 8))
    expect(seen).toEqual([1, 8])
  })
})

async function follow({ registry }: OpenRegistry, name: string): Promise<(number | undefined)[]> {
  const seen: (number | undefined)[] = []
  await registry.watch('topic', name, current => void seen.push(current?.value.topicUnits[0]?.maxTps))
  return seen
}

/** As patient as usual, however impatient the test is with a server that is away. */
async function fillCache({ connect, cacheDir }: ReturnType<typeof settingsFor>): Promise<void> {
  await using opened = await openRegistry(settingsFor(connect, { cacheDir }))
  for (const name of ['changed', 'same']) {
    await opened.registry.put('topic', name, topicDocument(name, 1))
    await follow(opened, name)
  }
  await follow(opened, 'absent')
}
