import { eventually } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { consume, groupDocument, groupFixture, PROXY, pullFrom } from './group-fixture.ts'

const TEXTS = Array.from({ length: 20 }, (_, index) => `m${index}`)

test('a position set from outside takes effect on a running group, forwards and backwards', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  await fixture.append('orders', '0', TEXTS)
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders' }), PROXY)
  await consume(group, 20)
  const at = { topic: 'orders', partition: '0', metadata: '' }
  await fixture.cluster.admin.setCommitted('g', [{ ...at, offset: 15 }])
  expect(await consume(group, 5)).toEqual(TEXTS.slice(15))
  await fixture.cluster.admin.setCommitted('g', [{ ...at, offset: 5 }])
  expect(await consume(group, 15)).toEqual(TEXTS.slice(5))
})

test('a position that is not in the log goes to its start, and is counted', async () => {
  await using fixture = await groupFixture()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  await fixture.append('orders', '0', TEXTS)
  await fixture.cluster.admin.setCommitted('g', [
    { topic: 'orders', partition: '0', offset: 1000, metadata: '' },
  ])
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders' }), PROXY)
  expect(await consume(group, 20)).toEqual(TEXTS)
  expect(await fixture.registry.metrics()).toMatch(/position_resets_total\{.*\} 1/)
})

test('a dead letter that cannot be stored keeps its place until it can, and is stored then', async () => {
  let freeBytes = Infinity
  const engine = { freeSpace: async () => freeBytes }
  await using fixture = await groupFixture({ engine })
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  await fixture.cluster.admin.createTopic({ topic: 'ddmq.dead.g', partitions: 1 })
  await fixture.append('orders', '0', ['bad', 'good'])
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders', retryIntervals: [] }), PROXY)
  const batch = await pullFrom(group)
  freeBytes = 0
  await eventually(async () => {
    await expect(fixture.append('orders', '0', ['late'])).rejects.toThrow('append failed')
  })
  const context = { groupId: 'g', topic: 'orders', qid: batch?.qid }
  group.report({ context, failOffsets: [0], successOffsets: [1] })
  await eventually(async () =>
    expect(await fixture.registry.metrics()).toMatch(/dead_letter_errors_total\{.*\} [1-9]/),
  )
  freeBytes = Infinity
  await eventually(
    async () => expect(await fixture.registry.metrics()).toMatch(/dead_letters_total\{.*\} 1/),
    20_000,
  )
  await eventually(async () => {
    await group.commitReported()
    const [lag] = await fixture.cluster.admin.lag('g', 'orders')
    expect(lag?.committedOffset).toBe(2)
  })
})

test('dead letters go on when their topic was deleted meanwhile', async () => {
  await using fixture = await groupFixture()
  const { admin } = fixture.cluster
  await admin.createTopic({ topic: 'orders', partitions: 1 })
  const group = fixture.createGroup('g')
  await group.apply(groupDocument('g', { topic: 'orders', retryIntervals: [] }), PROXY)
  for (const [index, text] of ['first', 'second'].entries()) {
    await fixture.append('orders', '0', [text])
    const batch = await pullFrom(group)
    group.report({ context: { groupId: 'g', topic: 'orders', qid: batch?.qid }, failOffsets: [index] })
    await eventually(async () => {
      const [end] = await admin.offsets('ddmq.dead.g', 'latest')
      expect(end?.offset).toBe(1)
    })
    await admin.deleteTopic('ddmq.dead.g')
  }
})

test('a message under way stays so when retention takes the log from under the position', async () => {
  await using fixture = await groupFixture({ engine: { retentionIntervalMs: 20 } })
  const { admin } = fixture.cluster
  await admin.createTopic({ topic: 'orders', partitions: 1, retentionBytes: 1 })
  const group = fixture.createGroup('g')
  const settings = { topic: 'orders', retryIntervals: [10] }
  await fixture.append('orders', '0', ['held'])
  await group.apply(groupDocument('g', { ...settings, concurrency: 1 }), PROXY)
  const held = await pullFrom(group)
  for (const text of ['gone', 'gone', 'kept']) await fixture.append('orders', '0', [text])
  await eventually(async () => {
    const [start] = await admin.offsets('orders', 'earliest')
    expect(start?.offset).toBe(3)
  })

  await group.apply(groupDocument('g', { ...settings, concurrency: 2 }), PROXY)
  const next = await pullFrom(group)
  expect(next?.entries.map(({ offset }) => offset)).toEqual([3])
  const context = { groupId: 'g', topic: 'orders', qid: held?.qid }
  group.report({ context, failOffsets: [0] })
  expect((await pullFrom(group))?.entries.map(({ offset }) => offset)).toEqual([0])
})
