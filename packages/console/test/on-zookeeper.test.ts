import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { ZooKeeperRegistry, zookeeperSettingsSchema } from '@ddmq/common/registry/zookeeper'
import { eventually, startZooKeeper, tempDir, zookeeperMissing } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { OWN } from './support/bodies.ts'
import { startConsole } from './support/console-run.ts'

const missing = zookeeperMissing()
const needs = missing === undefined ? '' : ` (needs ZooKeeper 3.9: ${missing})`

describe.skipIf(missing !== undefined)(`on ZooKeeper${needs}`, () => {
  test('CO-52 changes made while ZooKeeper is dead are saved, say so, and are in the tree when it is back', async () => {
    await using dir = await tempDir()
    await using zookeeper = await startZooKeeper({ nodes: 1 })
    const [server] = zookeeper.nodes
    const settings = zookeeperSettingsSchema.parse({
      connect: `${zookeeper.connectString}/tree`,
      sessionTimeoutMs: 4000,
      operationTimeoutMs: 1000,
    })
    const log = createLogger({ level: 'silent', pretty: false })
    const registry = new ZooKeeperRegistry({ settings, log, metrics: new MetricsRegistry() })
    await registry.start()
    const publication = { waitMs: 300, reconcileMs: 5000 }
    await using run = await startConsole(dir.path, { publication }, undefined, { registry })
    const create = (topic: string) => run.post(`${OWN}/topics`, { topic, partitions: 1 })
    await run.post(`${OWN}/groups`, { group: 'cg_a' })
    expect((await create('orders')).body?.['errmsg']).toBe('SUCCESS')
    await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'orders' })
    expect(await registry.list('group')).toEqual(['cg_a'])

    await server?.process.kill()
    const saved = await create('bills')
    const gone = await run.call('DELETE', `${OWN}/groups/cg_a`)
    await eventually(() => expect(run.problems().join()).toContain('documents wait'))
    await server?.process.start()

    for (const answer of [saved, gone]) {
      expect(answer.body).toMatchObject({ errno: 0, errmsg: expect.stringContaining('not yet published') })
    }
    await eventually(async () => {
      expect((await run.get(`${OWN}/publication`)).body?.['data']).toEqual({
        pending: 0,
        problems: [],
        failure: null,
      })
    }, 40_000)
    expect(await registry.list('topic')).toEqual(['bills', 'orders'])
    expect(await registry.list('group')).toEqual([])
    expect(await run.document('pproxy', '127.0.0.1:9613')).toMatchObject({ topics: ['orders', 'bills'] })
    await run.stop()
    await registry.stop()
  })
})
