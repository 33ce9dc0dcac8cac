import { topicDocument } from '@ddmq/common/registry/conformance'
import { eventually, startZooKeeper, tempDir, type ZooKeeperEnsemble, zookeeperMissing } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRegistry, settingsFor } from './fixture.ts'
import { needs } from './requirement.ts'

const reason = zookeeperMissing()
const COUNT = 10_000

describe.skipIf(reason !== undefined)(`Many nodes of ZooKeeper${needs(reason)}`, () => {
  let ensemble: ZooKeeperEnsemble
  beforeAll(async () => {
    ensemble = await startZooKeeper({ nodes: 1, jvm: ['-Dzookeeper.forceSync=no'] })
  })
  afterAll(async () => ensemble[Symbol.asyncDispose]())

  test('10,000 watched nodes are followed, and after a restart of the server only what changed is read', async () => {
    await using dir = await tempDir()
    const settings = settingsFor(ensemble.connectString, { cacheDir: dir.path, sessionTimeoutMs: 10_000 })
    await using opened = await openRegistry(settings)
    const { registry } = opened
    const names = Array.from({ length: COUNT }, (_, index) => `topic-of-a-usual-length-${index}`)
    await registry.createContainers()
    const times = stopwatch()
    await Promise.all(names.map(name => registry.put('topic', name, topicDocument(name, 1))))
    times.note('written')
    expect(await registry.list('topic')).toHaveLength(COUNT)
    times.note('listed')

    await using follower = await openRegistry(settings)
    const seen = new Map<string, number>()
    let deliveries = 0
    await Promise.all(
      names.map(name =>
        follower.registry.watch('topic', name, current => {
          deliveries++
          seen.set(name, current?.value.topicUnits[0]?.maxTps ?? 0)
        }),
      ),
    )
    times.note('watched')
    expect(deliveries).toBe(COUNT)

    await ensemble.nodes[0]?.process.restart()
    const changed = names.slice(0, 10)
    for (const name of changed) await registry.put('topic', name, topicDocument(name, 2))
    await eventually(() => expect(changed.map(name => seen.get(name))).toEqual(changed.map(() => 2)), 30_000)
    times.note('changed after a restart of the server')
    expect(deliveries).toBe(COUNT + changed.length)

    await follower.registry.put('topic', names.at(-1) ?? '', topicDocument(names.at(-1) ?? '', 3))
    expect(seen.get(names.at(-1) ?? '')).toBe(3)
    process.stdout.write(
      `${COUNT} nodes: ${times.text()}, ${Math.round(process.memoryUsage.rss() / 1e6)} MB\n`,
    )
  }, 120_000)
})

/** Figures for the reader, never asserted. */
function stopwatch() {
  let sinceMs = performance.now()
  const parts: string[] = []
  return {
    note(what: string): void {
      parts.push(`${what} in ${Math.round(performance.now() - sinceMs)} ms`)
      sinceMs = performance.now()
    },
    text: () => parts.join(', '),
  }
}
