import { readdirSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MetricsRegistry, metricProblems } from '@ddmq/common/metrics'
import { EmbeddedRegistry, type GroupConfig } from '@ddmq/common/registry'
import { groupDocument, topicDocument } from '@ddmq/common/registry/conformance'
import { eventually, spawnNode, tempDir, testLogger } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodeFileName, plainNodeName } from '../../src/registry/node-file-name.ts'

async function openRegistry(dir: string, metrics = new MetricsRegistry()): Promise<EmbeddedRegistry> {
  const registry = new EmbeddedRegistry({ dir, log: testLogger().log, metrics })
  await registry.start()
  return registry
}

test('documents and versions are still there after a restart', async () => {
  await using dir = await tempDir()
  const before = await openRegistry(dir.path)
  await before.put('topic', 't1', topicDocument('t1', 1))
  await before.put('topic', 't1', topicDocument('t1', 2))
  await before.stop()

  const after = await openRegistry(dir.path)

  expect(await after.get('topic', 't1')).toEqual({ value: topicDocument('t1', 2), version: 1 })
  expect(await after.put('topic', 't1', topicDocument('t1', 3))).toBe(2)
})

test.each([
  'a/b',
  '../../escape',
  '.hidden',
  'nul\u0000byte',
  '题'.repeat(255),
  'A'.repeat(255),
  '127.0.0.1:9613',
])('any name becomes one file inside the folder of its kind: %j', async name => {
  await using dir = await tempDir()
  const registry = await openRegistry(dir.path)

  await registry.put('topic', name, topicDocument(name))

  expect(await registry.list('topic')).toEqual([name])
  expect((await registry.get('topic', name))?.value.topic).toBe(name)
  expect(await readdir(join(dir.path, 'topic'))).toEqual([nodeFileName(name)])
  expect(Buffer.byteLength(nodeFileName(name))).toBeLessThan(160)
})

test('different names have different files, also where case does not count', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (one, other) => {
      const [a, b] = [nodeFileName(one.toWellFormed()), nodeFileName(other.toWellFormed())]
      expect(a.toLowerCase() === b.toLowerCase()).toBe(one.toWellFormed() === other.toWellFormed())
      const plain = plainNodeName(a)
      expect(plain === undefined || plain === one).toBe(true)
    }),
  )
})

test.each(['', 'x'.repeat(256), '\ud800'])('a name no node can have is refused: %j', async name => {
  await using dir = await tempDir()
  const registry = await openRegistry(dir.path)

  await expect(registry.get('topic', name)).rejects.toMatchObject({ code: 'REGISTRY_NAME_INVALID' })
})

test('what an interrupted write left behind is removed at start', async () => {
  await using dir = await tempDir()
  const before = await openRegistry(dir.path)
  await before.put('topic', 't1', topicDocument('t1'))
  await before.stop()
  await writeFile(join(dir.path, 'topic', '.new-half'), 'half a docu')

  const after = await openRegistry(dir.path)

  expect(await readdir(join(dir.path, 'topic'))).toEqual(['t1.json'])
  expect(await after.list('topic')).toEqual(['t1'])
})

test('CM-18 a damaged file is reported and counted, keeps the last good value, and a write repairs it', async () => {
  await using dir = await tempDir()
  const metrics = new MetricsRegistry()
  const registry = await openRegistry(dir.path, metrics)
  const seen: (number | undefined)[] = []
  await registry.put('group', 'cg_a', groupDocument('cg_a'))
  await registry.watch('group', 'cg_a', current => void seen.push(current?.version))
  const file = join(dir.path, 'group', 'cg_a.json')

  await writeFile(file, (await readFile(file, 'utf8')).slice(0, 10))
  await expect(registry.get('group', 'cg_a')).rejects.toThrow(/broken on disk/)
  await expect(
    registry.put('group', 'cg_a', groupDocument('cg_a'), { expectedVersion: 0 }),
  ).rejects.toMatchObject({ code: 'REGISTRY_DOCUMENT_INVALID' })
  expect(registry.problems()).toMatchObject([{ path: '/carrera/v4/config/group/cg_a' }])
  expect(await metrics.metrics()).toContain('ddmq_registry_rejected_documents_total{kind="group"} 1')
  expect(seen).toEqual([0])

  expect(await registry.put('group', 'cg_a', groupDocument('cg_a'))).toBe(1)
  expect(seen).toEqual([0, 1])
  expect(registry.problems()).toEqual([])
})

test('stop waits for the writes in progress and refuses new ones', async () => {
  await using dir = await tempDir()
  const registry = await openRegistry(dir.path)
  const writes = [1, 2, 3].map(rate => registry.put('topic', 't1', topicDocument('t1', rate)))
  await Promise.resolve()

  await registry.stop()

  expect(await Promise.all(writes)).toEqual([0, 1, 2])
  await expect(registry.put('topic', 't1', topicDocument('t1'))).rejects.toMatchObject({
    code: 'REGISTRY_CLOSED',
  })
})

test('the metrics follow the naming rules', async () => {
  const metrics = new MetricsRegistry()
  await using dir = await tempDir()
  await openRegistry(dir.path, metrics)

  expect(metricProblems(metrics)).toEqual([])
})

test('E1 whoever reads during a write sees the document before or after it, whole', async () => {
  await using dir = await tempDir()
  const registry = await openRegistry(dir.path)
  await registry.put('group', 'cg_a', largeGroup(0))
  const writes = Array.from({ length: 30 }, (_, index) =>
    registry.put('group', 'cg_a', largeGroup(index + 1)),
  )

  let version = 0
  while (version < 30) {
    const current = await registry.get('group', 'cg_a')
    expect(current?.version).toBeGreaterThanOrEqual(version)
    version = current?.version ?? -1
    expect(current?.value).toEqual(largeGroup(version))
  }
  await Promise.all(writes)
})

test('E1 kill −9 in the middle of writes leaves the last acknowledged document or a later one, whole', async () => {
  await using dir = await tempDir()
  const folder = join(dir.path, 'group')
  for (let run = 0; run < 3; run++) {
    await using child = spawnNode(join(import.meta.dirname, 'put-forever.ts'), [dir.path])
    await child.waitForLine(new RegExp(`^acknowledged \\d+ ${3 + run}$`))
    await eventually(() => expect(seesUnfinishedWrite(folder)).toBe(true))
    child.kill('SIGKILL')
    await child.exited

    const acknowledged = Number(child.lines.findLast(line => line.startsWith('acknowledged'))?.split(' ')[1])
    const registry = await openRegistry(dir.path)
    const stored = await registry.get('group', 'cg_killed')

    expect(stored?.version).toBeGreaterThanOrEqual(acknowledged)
    expect(stored?.version).toBeLessThanOrEqual(acknowledged + 1)
    expect(new Set(stored?.value.alarmGroup).size).toBe(1)
    expect(stored?.value.alarmGroup).toHaveLength(20_000)
    expect(await readdir(folder)).toEqual(['cg_killed.json'])
    await registry.stop()
  }
})

/** A group whose every receiver names the version. */
function largeGroup(version: number): GroupConfig {
  return {
    ...groupDocument('cg_a'),
    alarmGroup: Array.from({ length: 2_000 }, () => `receiver-${version}`),
  }
}

/** Looks often enough to see the file of a write that takes a few milliseconds. */
function seesUnfinishedWrite(folder: string): boolean {
  for (let look = 0; look < 1_000; look++) {
    if (readdirSync(folder).some(file => file.startsWith('.new-'))) return true
  }
  return false
}
