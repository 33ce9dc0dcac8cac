import { eventually } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { createTestBroker } from '../src/testing/index.ts'

const text = (body: Uint8Array) => new TextDecoder().decode(body)

test('what is sent is delivered, acknowledged and can be looked at', async () => {
  const broker = createTestBroker()
  const producer = broker.createProducer()
  const consumer = broker.createConsumer({ group: 'cg' })
  const seen: string[] = []
  const running = consumer.run(({ message }) => void seen.push(text(message.body)))

  for (const body of ['a', 'b', 'c']) await producer.send({ topic: 't', body, traceId: 'x' })
  await broker.whenConsumed('cg')
  await consumer.stop()
  await running

  expect(seen.toSorted()).toEqual(['a', 'b', 'c'])
  expect(broker.sent.map(({ properties }) => properties['traceId'])).toEqual(['x', 'x', 'x'])
  expect(broker.acknowledged('cg')).toHaveLength(3)
})

test('a failed message is delivered again and ends as a dead letter', async () => {
  const broker = createTestBroker({ maxDeliveries: 2 })
  await broker.createProducer().send({ topic: 't', body: 'poison' })
  const consumer = broker.createConsumer({ group: 'cg' })
  let deliveries = 0
  const running = consumer.run(() => {
    deliveries += 1
    throw new Error('planted')
  })

  await broker.whenConsumed('cg')
  await consumer.stop()
  await running

  expect(deliveries).toBe(2)
  expect(broker.deadLetters('cg').map(({ body }) => text(body))).toEqual(['poison'])
})

test('a skipped message comes back when the deliveries expire', async () => {
  const broker = createTestBroker()
  await broker.createProducer().send({ topic: 't', body: 'x' })
  const consumer = broker.createConsumer({ group: 'cg' })
  let deliveries = 0
  const running = consumer.run(() => {
    deliveries += 1
    return deliveries === 1 ? 'SKIP' : 'SUCCESS'
  })
  await eventually(() => expect(deliveries).toBe(1))

  broker.expireDeliveries('cg')
  await broker.whenConsumed('cg')
  await consumer.stop()
  await running

  expect(deliveries).toBe(2)
})

test('planted failures, refusals and a closed producer give the codes a server would', async () => {
  const broker = createTestBroker()
  const producer = broker.createProducer()
  broker.failNextSends(15, 12)

  const codes = [
    (await producer.send({ topic: 't', body: 'x' })).code,
    (await producer.sendBatch([{ topic: 't', body: 'x' }])).code,
    (await producer.send({ topic: '', body: 'x' })).code,
  ]
  await producer.close()
  codes.push((await producer.send({ topic: 't', body: 'x' })).code)

  expect(codes).toEqual([15, 12, 11, 101])
  expect(broker.sent).toEqual([])
})

test('whenConsumed names what is missing when nobody consumes', async () => {
  const broker = createTestBroker()
  await broker.createProducer().send({ topic: 't', body: 'x' })

  await expect(broker.whenConsumed('cg', { timeoutMs: 20 })).rejects.toThrow('group cg has 1 messages')
})

test('every group gets every message', async () => {
  const broker = createTestBroker()
  await broker.createProducer().sendBatch(
    [
      { topic: 't', body: '1', hashId: 'k' },
      { topic: 't', body: '2', hashId: 'k' },
    ],
    { mode: 'parallel' },
  )
  for (const group of ['a', 'b']) {
    await using consumer = broker.createConsumer({ group })
    void consumer.run(() => {})
    await broker.whenConsumed(group)
  }

  for (const group of ['a', 'b'])
    expect(broker.acknowledged(group).map(({ body }) => text(body))).toEqual(['1', '2'])
})

test('a delayed message waits until the test delivers it, a loop once per round', async () => {
  const broker = createTestBroker()
  const producer = broker.createProducer()
  const { delayId: once } = await producer.sendDelay({ topic: 'later', body: 'once' }, { after: 5500 })
  const repeat = { intervalSec: 10, times: 3 }
  const loop = await producer.sendDelay({ topic: 'later', body: 'loop' }, { after: 1000, repeat })

  expect(broker.sent).toEqual([])
  expect(broker.delayed.map(({ body }) => text(body))).toEqual(['loop', 'once'])
  broker.deliverDelayed()
  broker.deliverDelayed(loop.delayId)
  const last = broker.delayed[0]?.delayId
  broker.deliverDelayed(last)

  expect(broker.sent.map(({ key, body }) => [text(body), key])).toEqual([
    ['loop', loop.delayId],
    ['once', once],
    ['loop', expect.stringMatching(/-3-1-10-0-/)],
    ['loop', last],
  ])
  expect(broker.sent[0]?.properties).toEqual({ from_chronos: 'from_chronos' })
  expect(broker.delayed).toEqual([])
  expect(() => broker.deliverDelayed(last)).toThrow('no delayed message')
})

test('a cancel takes back the rounds from the one it names on, of its topic only', async () => {
  const broker = createTestBroker()
  const producer = broker.createProducer()
  const repeat = { exponent: 2, times: 5 }
  const { delayId = '' } = await producer.sendDelay({ topic: 'later', body: 'x' }, { after: 1000, repeat })
  broker.deliverDelayed()
  const second = broker.delayed[0]?.delayId ?? ''

  expect(await producer.cancelDelay('other', delayId)).toMatchObject({ code: 0 })
  expect(broker.delayed).toHaveLength(1)
  expect(await producer.cancelDelay('later', second)).toMatchObject({ code: 0, delayId: second })

  expect(broker.delayed).toEqual([])
  expect(broker.sent).toHaveLength(1)
})
