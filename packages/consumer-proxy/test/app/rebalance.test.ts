import type { AssignmentListener, Membership } from '@ddmq/storage'
import { eventually } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import type { ConsumerGroup } from '../../src/app/consumer-group.ts'
import { confirm, groupDocument, groupFixture, PROXY, pullFrom } from './group-fixture.ts'

const PARTITIONS = ['0', '1', '2', '3']
const PER_PARTITION = 200

/** Pulls and confirms until told to stop; answers what it confirmed. */
async function consumeUntil(group: ConsumerGroup, stopped: () => boolean): Promise<string[]> {
  const bodies: string[] = []
  while (!stopped()) {
    const batch = await pullFrom(group, 0, 50)
    if (batch === undefined) continue
    bodies.push(...batch.entries.map(entry => String(Buffer.from(entry.job.record.value ?? []))))
    confirm(group, batch)
    await group.commitReported()
  }
  return bodies
}

test('when a second proxy joins and the first one leaves, every message is confirmed exactly once', async () => {
  await using fixture = await groupFixture({ settings: { drainMs: 2000 } })
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: PARTITIONS.length })
  for (const partition of PARTITIONS) {
    const values = Array.from({ length: PER_PARTITION }, (_, index) => `${partition}-${index}`)
    await fixture.append('orders', partition, values)
  }
  const document = groupDocument('g', {
    topic: 'orders',
    concurrency: 20,
    maxPullBatchSize: 2,
    timeout: 60_000,
  })
  const [first, second] = [fixture.createGroup('g'), fixture.createGroup('g')]
  await first.apply(document, PROXY)
  await second.apply(document, PROXY)
  let finished = false
  const byFirst = consumeUntil(first, () => finished)
  await eventually(async () => expect(await fixture.cluster.admin.members('g')).toHaveLength(1))
  const bySecond = consumeUntil(second, () => finished)
  await eventually(async () => {
    const members = await fixture.cluster.admin.members('g')
    expect(members.map(member => member.assignment.length)).toEqual([2, 2])
  })
  await first.stop(AbortSignal.timeout(5000))
  await eventually(async () => {
    const lags = await fixture.cluster.admin.lag('g', 'orders')
    expect(lags.map(({ lag }) => lag)).toEqual([0, 0, 0, 0])
  })
  finished = true
  const confirmed = [...(await byFirst), ...(await bySecond)]
  expect(new Set(confirmed).size).toBe(PARTITIONS.length * PER_PARTITION)
  expect(confirmed).toHaveLength(PARTITIONS.length * PER_PARTITION)
})

test('a result for a partition that was handed over moves nothing', async () => {
  await using fixture = await groupFixture({ settings: { drainMs: 50 } })
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  await fixture.append('orders', '0', ['one'])
  const [first, second] = [fixture.createGroup('g'), fixture.createGroup('g')]
  const document = groupDocument('g', { topic: 'orders', timeout: 60_000 })
  await first.apply(document, PROXY)
  const held = await pullFrom(first)
  await first.stop(AbortSignal.timeout(5000))
  if (held !== undefined) confirm(first, held)
  expect(fixture.budget.usedBytes).toBe(0)
  await second.apply(document, PROXY)
  expect((await pullFrom(second))?.entries.map(entry => entry.offset)).toEqual([0])
})

test('what is confirmed while the last positions are being stored is stored before it is answered', async () => {
  await using fixture = await groupFixture({ settings: { drainMs: 50, commitIntervalMs: 60_000 } })
  const { cluster } = fixture
  await cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  await fixture.append('orders', '0', ['a', 'b', 'c'])
  const gates: (() => void)[] = []
  const join = cluster.join.bind(cluster)
  cluster.join = async (...args: Parameters<typeof join>): Promise<Membership> => {
    const membership = await join(...args)
    return {
      ...membership,
      commit: async offsets => {
        await new Promise<void>(resolve => gates.push(resolve))
        await membership.commit(offsets)
      },
    }
  }
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders', maxPullBatchSize: 1 }), PROXY)
  const batches = [await pullFrom(group), await pullFrom(group), await pullFrom(group)]
  const [a, b, c] = batches
  if (a === undefined || b === undefined || c === undefined) throw new Error('no batch')
  confirm(group, a)
  const stopped = group.stop(AbortSignal.timeout(5000))
  await eventually(() => expect(gates).toHaveLength(1))
  gates[0]?.()
  confirm(group, b)
  await eventually(() => expect(gates).toHaveLength(2))
  confirm(group, c)
  const answered = group.commitReported()
  gates[1]?.()
  await eventually(() => expect(gates).toHaveLength(3))
  gates[2]?.()
  await answered
  const [lag] = await cluster.admin.lag('g', 'orders')
  expect(lag?.committedOffset).toBe(3)
  await stopped
})

test('a partition that is lost while its start is asked for is not read, and those assigned with it are', async () => {
  await using fixture = await groupFixture()
  const { cluster } = fixture
  await cluster.admin.createTopic({ topic: 'orders', partitions: 2 })
  for (const partition of ['0', '1']) await fixture.append('orders', partition, [`of ${partition}`])
  const listeners: AssignmentListener[] = []
  const join = cluster.join.bind(cluster)
  cluster.join = (group, topics, listener) => {
    listeners.push(listener)
    return join(group, topics, listener)
  }
  const asked: (() => void)[] = []
  const identity = cluster.identity.bind(cluster)
  cluster.identity = async (topic, partition) => {
    if (partition === '0') await new Promise<void>(resolve => asked.push(resolve))
    return identity(topic, partition)
  }
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders' }), PROXY)
  const pulled = pullFrom(group)
  await eventually(() => expect(asked).toHaveLength(1))

  listeners[0]?.lost([{ topic: 'orders', partition: '0' }])
  asked[0]?.()

  const first = await pulled
  expect(first?.qid).toBe('R_default_1')
  if (first !== undefined) confirm(group, first)
  expect(await pullFrom(group, 0, 300)).toBeUndefined()
  expect(await fixture.registry.metrics()).toMatch(/fetched_messages_total\{.*\} 1$/m)
})
