import { join } from 'node:path'
import { createLogger } from '@ddmq/common/log'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { eventually, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import type { GroupSettings } from '../../src/app/consumer-group.ts'
import { ConsumerGroups } from '../../src/app/consumer-groups.ts'
import { consume, groupDocument, groupFixture, INSTANCE, PROXY, pullFrom } from './group-fixture.ts'

/** All groups of a proxy, following a real config tree on a real engine. */
async function proxyFixture(settings: Partial<GroupSettings> = {}) {
  const fixture = await groupFixture({ settings })
  const dir = await tempDir()
  const registry = new EmbeddedRegistry({
    dir: join(dir.path, 'registry'),
    log: createLogger({ level: 'silent', pretty: false }),
  })
  await registry.start()
  await registry.createContainers()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 2 })
  const groups = new ConsumerGroups({ ...fixture.deps, registry, instance: INSTANCE })
  return {
    ...fixture,
    registry,
    groups,
    async serve(...names: string[]) {
      await registry.put('cproxy', INSTANCE, { ...PROXY, groups: names })
    },
    group(name: string) {
      const group = groups.get(name)
      if (group === undefined) throw new Error(`group ${name} is not served`)
      return group
    },
    async membersOf(name: string) {
      return fixture.cluster.admin.members(name)
    },
    async [Symbol.asyncDispose]() {
      await groups.stop(AbortSignal.timeout(5000))
      await registry.stop()
      await fixture[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    },
  }
}

test('CP-22 a group that is only pulled holds partitions from the first pull until nobody pulls any more', async () => {
  await using proxy = await proxyFixture({ idleStopMs: 300 })
  await proxy.registry.put('group', 'g', groupDocument('g', { topic: 'orders' }))
  await proxy.serve('g')
  await proxy.groups.start()
  expect(await proxy.membersOf('g')).toEqual([])
  await proxy.append('orders', '0', ['one'])
  expect(await consume(proxy.group('g'), 1)).toEqual(['one'])
  expect(await proxy.membersOf('g')).toHaveLength(1)
  await eventually(async () => expect(await proxy.membersOf('g')).toEqual([]))
  await proxy.append('orders', '0', ['two'])
  expect(await consume(proxy.group('g'), 1)).toEqual(['two'])
})

test('CP-38 when the last subscription is disabled, consumption stops', async () => {
  await using proxy = await proxyFixture()
  const document = groupDocument('g', { topic: 'orders' })
  await proxy.registry.put('group', 'g', document)
  await proxy.serve('g')
  await proxy.groups.start()
  await proxy.append('orders', '0', ['one'])
  expect(await consume(proxy.group('g'), 1)).toEqual(['one'])
  const disabled = { ...document, topics: document.topics.map(topic => ({ ...topic, enabled: false })) }
  await proxy.registry.put('group', 'g', disabled)
  expect(await proxy.membersOf('g')).toEqual([])
  await proxy.append('orders', '0', ['two'])
  expect(await pullFrom(proxy.group('g'), 0, 100)).toBeUndefined()
})

test('CP-53 CM-24 a change of alarms, rates or retries is applied without a rebalance', async () => {
  await using proxy = await proxyFixture()
  await proxy.registry.put('group', 'g', groupDocument('g', { topic: 'orders' }))
  await proxy.serve('g')
  await proxy.groups.start()
  await proxy.append('orders', '0', ['one', 'two', 'three'])
  const held = await pullFrom(proxy.group('g'), 1)
  const [before] = await proxy.membersOf('g')
  const changed = groupDocument('g', {
    topic: 'orders',
    delayTimeThreshold: 1,
    totalMaxTps: 5000,
    maxPullBatchSize: 2,
  })
  await proxy.registry.put('group', 'g', { ...changed, alarmGroup: ['on-call'], committedLagThreshold: 5 })
  const [after] = await proxy.membersOf('g')
  expect(after).toEqual(before)
  expect(proxy.group('g').buffer.outstandingCount).toBe(1)
  expect(held?.entries[0]?.job.terminated).toBe(false)
})

test('CP-54 CM-23 a group that is added to the proxy starts, one that is removed stops', async () => {
  await using proxy = await proxyFixture()
  for (const name of ['a', 'b'])
    await proxy.registry.put('group', name, groupDocument(name, { topic: 'orders' }))
  await proxy.serve('a')
  await proxy.groups.start()
  expect(proxy.groups.get('b')).toBeUndefined()
  await proxy.append('orders', '0', ['one'])
  await consume(proxy.group('a'), 1)
  await proxy.serve('b')
  expect(proxy.groups.get('a')).toBeUndefined()
  expect(await proxy.membersOf('a')).toEqual([])
  expect(await consume(proxy.group('b'), 1)).toEqual(['one'])
})

test('CP-56 CM-18 an invalid group document is refused and the one before stays in force', async () => {
  await using proxy = await proxyFixture()
  const document = groupDocument('g', { topic: 'orders' })
  await proxy.registry.put('group', 'g', document)
  await proxy.serve('g')
  await proxy.groups.start()
  const broken = groupDocument('g', { topic: 'orders', totalMaxTps: 0 })
  await expect(proxy.registry.put('group', 'g', broken)).rejects.toThrow('totalMaxTps')
  await proxy.append('orders', '1', ['still'])
  expect(await consume(proxy.group('g'), 1)).toEqual(['still'])
})

test('CM-22 when the own node is deleted the groups are handed back, and served again when it is back', async () => {
  await using proxy = await proxyFixture()
  await proxy.registry.put('group', 'g', groupDocument('g', { topic: 'orders' }))
  await proxy.serve('g')
  await proxy.groups.start()
  await proxy.append('orders', '0', ['one'])
  await consume(proxy.group('g'), 1)
  await proxy.registry.delete('cproxy', INSTANCE)
  expect(await proxy.membersOf('g')).toEqual([])
  expect(proxy.groups.health()).toMatchObject({ ok: false })
  await proxy.serve('g')
  await proxy.append('orders', '0', ['two'])
  expect(await consume(proxy.group('g'), 1)).toEqual(['two'])
  expect(proxy.groups.health()).toEqual({ ok: true })
})

test('without an own node the proxy does not start, and says which node is missing', async () => {
  await using proxy = await proxyFixture()
  await expect(proxy.groups.start()).rejects.toMatchObject({
    code: 'CPROXY_OWN_NODE_MISSING',
    message: expect.stringContaining(`/cproxy/${INSTANCE}`),
  })
})

test('a group that gets its document later starts then', async () => {
  await using proxy = await proxyFixture()
  await proxy.serve('g')
  await proxy.groups.start()
  await proxy.append('orders', '0', ['one'])
  await proxy.registry.put('group', 'g', groupDocument('g', { topic: 'orders' }))
  expect(await proxy.membersOf('g')).toEqual([])
  expect(await consume(proxy.group('g'), 1)).toEqual(['one'])
})

test('a shorter time-out applies to what clients hold, so that it holds up nothing behind it', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  const group = fixture.createGroup('g')
  const settings = { topic: 'orders', maxRetry: -1 }
  await group.apply(groupDocument('g', { ...settings, timeout: 3_600_000 }), PROXY)
  await fixture.append('orders', '0', ['held'])
  await pullFrom(group)

  await group.apply(groupDocument('g', { ...settings, timeout: 50 }), PROXY)
  expect((await pullFrom(group))?.entries.map(({ offset }) => offset)).toEqual([0])
})
