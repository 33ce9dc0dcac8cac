import { eventually } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import type { PullBatch } from '../../src/core/pull-queue.ts'
import { confirm, consume, groupDocument, groupFixture, PROXY, pullFrom } from './group-fixture.ts'

const tagged = (tag: string) => [{ name: 'ddmq-tags', value: Buffer.from(tag) }]
const TEXTS = Array.from({ length: 20 }, (_, index) => `m${index}`)

test('CP-9 a confirmed message is stored as consumed and is not delivered after a new start', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 2 })
  await fixture.append('orders', '0', TEXTS)
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders' }), PROXY)
  expect((await consume(group, 20)).toSorted()).toEqual(TEXTS.toSorted())
  const [lag] = await fixture.cluster.admin.lag('g', 'orders')
  expect(lag).toMatchObject({ partition: '0', committedOffset: 20, lag: 0 })
  await group.stop(AbortSignal.timeout(5000))
  const next = fixture.createGroup('g')
  await next.apply(groupDocument('g', { topic: 'orders' }), PROXY)
  await fixture.append('orders', '0', ['after'])
  expect(await consume(next, 1)).toEqual(['after'])
})

test('CP-34 never more than concurrency messages are unfinished, and the rest follows', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 2 })
  await fixture.append('orders', '0', TEXTS)
  await fixture.append('orders', '1', TEXTS)
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders', concurrency: 10, maxPullBatchSize: 100 }), PROXY)
  const held: Awaited<ReturnType<typeof pullFrom>>[] = []
  let messages = 0
  while (messages < 10) {
    const batch = await pullFrom(group)
    held.push(batch)
    messages += batch?.entries.length ?? 0
  }
  expect(messages).toBe(10)
  expect(await pullFrom(group, 0, 50)).toBeUndefined()
  for (const batch of held) if (batch !== undefined) confirm(group, batch)
  expect(await consume(group, 30)).toHaveLength(30)
})

test('CP-35 no partition runs further ahead of its first unfinished message than the lag limit', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  await fixture.append(
    'orders',
    '0',
    Array.from({ length: 100 }, (_, index) => `m${index}`),
  )
  const group = fixture.createGroup('g')
  const settings = {
    topic: 'orders',
    concurrency: 10,
    maxConsumeLag: 0,
    maxPullBatchSize: 1,
    timeout: 60_000,
  }
  await group.apply(groupDocument('g', settings), PROXY)
  const first = await pullFrom(group)
  expect(first?.entries[0]?.offset).toBe(0)
  const seen: number[] = []
  for (
    let batch = await pullFrom(group, 0, 300);
    batch !== undefined;
    batch = await pullFrom(group, 0, 300)
  ) {
    seen.push(...batch.entries.map(entry => entry.offset))
    confirm(group, batch)
  }
  expect(Math.max(...seen)).toBe(29)
  if (first !== undefined) confirm(group, first)
  expect(await consume(group, 70)).toHaveLength(70)
})

test('a group that never confirms stops the reading at its share of the byte budget, and another group goes on', async () => {
  await using fixture = await groupFixture()
  const body = new Uint8Array(1024 * 1024)
  for (const topic of ['orders', 'others']) {
    await fixture.cluster.admin.createTopic({ topic, partitions: 1 })
    for (let index = 0; index < 40; index++) await fixture.append(topic, '0', [body])
  }
  const start = async (name: string, topic: string) => {
    const group = fixture.createGroup(name)
    await group.apply(groupDocument(name, { topic, timeout: 600_000 }), PROXY)
    group.notePull()
    return group
  }
  const stuck = await start('stuck', 'orders')
  const { budget } = fixture
  const share = budget.limitBytes / 5

  await eventually(() => expect(budget.usedBytes).toBeGreaterThanOrEqual(share))
  expect((await consume(await start('well', 'others'), 40)).length).toBe(40)
  expect(budget.usedBytes).toBeLessThan(share + 2 * 1024 * 1024)
  expect((await consume(stuck, 40)).length).toBe(40)
  expect(budget.usedBytes).toBe(0)
})

test('CP-4 a pull of one topic is answered while nobody takes the backlog of another topic of the group', async () => {
  await using fixture = await groupFixture()
  for (const topic of ['left', 'wanted']) await fixture.cluster.admin.createTopic({ topic, partitions: 1 })
  for (let index = 0; index < 20; index++) {
    await fixture.append('left', '0', [new Uint8Array(1024 * 1024)])
  }
  const group = fixture.createGroup('g')
  const topics = ['left', 'wanted'].map(topic => ({ topic, timeout: 600_000 }))
  await group.apply(groupDocument('g', ...topics), PROXY)
  group.notePull()
  await eventually(() => expect(fixture.budget.usedBytes).toBeGreaterThan(fixture.budget.limitBytes / 5))

  await fixture.append('wanted', '0', ['here'])
  const { promise, resolve } = Promise.withResolvers<PullBatch | undefined>()
  group.buffer.pull({ topic: 'wanted', maxMessages: 1, maxBytes: 4_194_304 }, 5000, resolve)

  expect((await promise)?.topic).toBe('wanted')
})

test('a message that is dropped is found in the dead-letter topic, with its origin', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  const appendedMs = Date.now()
  await fixture.append('orders', '0', ['bad'], [{ name: 'trace', value: Buffer.from('t1') }])
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders', retryIntervals: [1] }), PROXY)
  for (let delivery = 0; delivery < 2; delivery++) {
    const batch = await pullFrom(group)
    const context = { groupId: 'g', topic: 'orders', qid: batch?.qid }
    group.report({ context, failOffsets: batch?.entries.map(entry => entry.offset) })
  }
  const [dead] = await eventually(async () => {
    const positions = [{ topic: 'ddmq.dead.g', partition: '0', offset: 0 }]
    const [result] = await fixture.cluster.read(
      positions,
      { maxBytes: 1e6, maxWaitMs: 0 },
      { deadlineMs: 1000 },
    )
    expect(result?.records).toHaveLength(1)
    return result?.records ?? []
  })
  const headers = Object.fromEntries(
    dead?.headers.map(({ name, value }) => [name, String(Buffer.from(value))]) ?? [],
  )
  expect(String(Buffer.from(dead?.value ?? []))).toBe('bad')
  expect(Number(headers['ddmq-dead-timestamp'])).toBeGreaterThanOrEqual(appendedMs)
  expect(headers).toMatchObject({
    trace: 't1',
    'ddmq-dead-reason': 'businessRetriesExhausted',
    'ddmq-dead-attempts': '2',
    'ddmq-dead-group': 'g',
    'ddmq-dead-topic': 'orders',
    'ddmq-dead-partition': '0',
    'ddmq-dead-offset': '0',
  })
  await group.stop(AbortSignal.timeout(5000))
  const [lag] = await fixture.cluster.admin.lag('g', 'orders')
  expect(lag?.committedOffset).toBe(1)
})

test('CP-30 pressure traffic and other tags are passed over, and their offsets advance', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  await fixture.append(
    'orders',
    '0',
    ['pressure'],
    [{ name: 'isPressureTraffic', value: Buffer.from('true') }],
  )
  await fixture.append('orders', '0', ['blue'], tagged('blue'))
  await fixture.append('orders', '0', ['red'], tagged('red'))
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders', tags: ['green||red'] }), PROXY)
  expect(await consume(group, 1)).toEqual(['red'])
  const [lag] = await fixture.cluster.admin.lag('g', 'orders')
  expect(lag?.committedOffset).toBe(3)
})

test('a subscription that needs what is not built is refused, and the others of the group run', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  await fixture.cluster.admin.createTopic({ topic: 'ordered', partitions: 1 })
  await fixture.append('orders', '0', ['plain'])
  const group = fixture.createGroup('g')
  const scripted = {
    topic: 'scripted',
    actions: ['Async', 'Json', 'Groovy', 'PullServer'],
    groovyScript: 'x',
  }
  await group.apply(
    groupDocument('g', { topic: 'orders' }, { topic: 'ordered', orderKey: 'KEY' }, scripted),
    PROXY,
  )
  expect(group.plan.refused.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('orderKey KEY'),
    expect.stringContaining('action Groovy'),
  ])
  expect(await consume(group, 1)).toEqual(['plain'])
})

test('a group whose topic does not exist yet consumes the others, and this one once it is there', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  await fixture.append('orders', '0', ['there'])
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders' }, { topic: 'late' }), PROXY)
  expect(await consume(group, 1)).toEqual(['there'])
  await fixture.cluster.admin.createTopic({ topic: 'late', partitions: 1 })
  await fixture.append('late', '0', ['late'])
  expect(await eventually(() => consume(group, 1))).toEqual(['late'])
})
