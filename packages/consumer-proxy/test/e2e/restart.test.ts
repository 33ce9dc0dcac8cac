import { eventually, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { allOf, bodiesOf, offsetsOf, TestProxy } from './proxy-fixture.ts'

test('CP-55 after a stop with messages in flight, the unfinished ones come again and the confirmed ones do not', async () => {
  await using dir = await tempDir()
  const values = Array.from({ length: 20 }, (_, index) => `m${index}`)
  const before = await TestProxy.start(dir.path)
  await before.serve('g', { topic: 'orders', maxPullBatchSize: 5 })
  await before.append('orders', 0, values)
  const client = await before.connect()
  await client.submit(allOf(await client.pull('g')))
  const unconfirmed = await client.pull('g')
  expect(offsetsOf(unconfirmed)).toEqual([5, 6, 7, 8, 9])
  await before.stop()
  await using after = await TestProxy.start(dir.path)
  await after.serve('g', { topic: 'orders', maxPullBatchSize: 5 })
  const rest = await (await after.connect()).consume('g', 15)
  expect(rest).toEqual(values.slice(5))
})

test('CP-55 a result that comes while the proxy stops is still stored', async () => {
  await using dir = await tempDir()
  const before = await TestProxy.start(dir.path, { drainMs: 5000 })
  await before.serve('g', { topic: 'orders' })
  await before.append('orders', 0, ['one', 'two'])
  const client = await before.connect()
  const held = await client.pull('g')
  const stopped = before.stop()
  expect(await client.pull('g', { maxLingerTime: 20 })).toMatchObject({ messages: [] })
  expect(await client.submit(allOf(held))).toBe(true)
  await stopped
  await using after = await TestProxy.start(dir.path)
  expect(await after.committed('g', 'orders')).toEqual([2])
})

test('a dead letter is there after a restart, and its message does not come again', async () => {
  await using dir = await tempDir()
  const before = await TestProxy.start(dir.path)
  await before.serve('g%1', { topic: 'orders', retryIntervals: [] })
  await before.append('orders', 0, ['bad', 'good'])
  const client = await before.connect()
  const response = await client.pull('g%1')
  await client.submit({ context: response.context, failOffsets: [0], successOffsets: [1] })
  await eventually(async () => expect(await before.metric('dead_letters_total', 'g%1')).toBe(1))
  await before.stop()
  await using after = await TestProxy.start(dir.path)
  expect(await after.committed('g%1', 'orders')).toEqual([2])
  await after.serve('reader', { topic: 'ddmq.dead.g.251' })
  expect(bodiesOf(await (await after.connect()).pull('reader'))).toEqual(['bad'])
})
