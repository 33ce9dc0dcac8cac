import { expect, test } from 'vitest'
import { createProducer, DdmqClientError, toResultOrThrow } from '../src/index.ts'
import { startProducerProxy } from './support/fake-producer-proxy.ts'
import { testProducer } from './support/producer.ts'
import { RecordingMetrics } from './support/recording-metrics.ts'

const MESSAGE = { topic: 't', body: 'x' }

test('SD-39 a message arrives as it was sent, its text as UTF-8', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  const result = await producer.send({
    topic: 't',
    key: 'k',
    body: 'grün 消息',
    tags: ['a', 'b'],
    hashId: -5,
    traceId: 'tr',
  })

  expect(result).toMatchObject({
    code: 0,
    key: 'k',
    attempts: 1,
    proxy: proxy.endpoint,
    maybeDuplicate: false,
  })
  const [message] = proxy.received
  expect(message).toMatchObject({
    topic: 't',
    key: 'k',
    tags: 'a||b',
    partitionId: -1,
    hashIdHigh: -1,
    hashIdLow: -5,
  })
  expect(Buffer.from(message!.body!).toString('utf8')).toBe('grün 消息')
  expect(Object.fromEntries(message!.properties!)).toEqual({ traceId: 'tr' })
})

test('SD-29 an answer of 14 is final after one attempt', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  proxy.codes.push(14)

  const result = await producer.send(MESSAGE)

  expect(result).toMatchObject({
    code: 14,
    message: 'code14',
    attempts: 1,
    retriable: false,
    maybeDuplicate: false,
  })
  expect(proxy.requests).toEqual([1])
})

test('SD-30 15 twice then 0 takes three attempts with the same key and evicts nothing', async () => {
  const proxy = await startProducerProxy()
  const metrics = new RecordingMetrics()
  const producer = await testProducer([proxy.endpoint], { metrics, backoffMs: 1 })
  proxy.codes.push(15, 15)

  const result = await producer.send(MESSAGE)

  expect(result).toMatchObject({ code: 0, attempts: 3, maybeDuplicate: false })
  expect(new Set(proxy.received.map(({ key }) => key))).toEqual(new Set([result.key]))
  expect(metrics.sum('ddmq_client_endpoint_state')).toBe(0)
})

test('15 is tried again beyond maxRetries', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { backoffMs: 1, backoffMaxMs: 4, maxRetries: 1 })
  proxy.codes.push(15, 15, 15, 15, 15, 15)

  expect(await producer.send(MESSAGE)).toMatchObject({ code: 0, attempts: 7, maybeDuplicate: false })
})

test('15 ends by the deadline', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { backoffMs: 1, backoffMaxMs: 4 })
  proxy.codes.push(...Array.from({ length: 10_000 }, () => 15))

  const result = await producer.send(MESSAGE, { deadlineMs: 100 })

  // 106 when the deadline falls into an attempt, not into a pause.
  expect([15, 106]).toContain(result.code)
})

test('SD-36 with maxRetries 0 there is exactly one attempt, whatever the answer', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { maxRetries: 0 })
  proxy.codes.push(0, 10, 15)

  const codes = [await producer.send(MESSAGE), await producer.send(MESSAGE), await producer.send(MESSAGE)]

  expect(codes.map(({ code, attempts }) => [code, attempts])).toEqual([
    [0, 1],
    [10, 1],
    [15, 1],
  ])
  expect(proxy.requests).toHaveLength(3)
})

test.each([10, 12, 21])('an answer of %i is tried again at the other endpoint', async code => {
  const [first, second] = [await startProducerProxy(), await startProducerProxy()]
  const producer = await testProducer([first.endpoint, second.endpoint], { backoffMs: 1 })
  first.codes.push(code)
  second.codes.push(code)

  const result = await producer.send(MESSAGE)

  expect(result).toMatchObject({ code: 0, attempts: 3, maybeDuplicate: code === 12 })
  expect(first.requests.length * second.requests.length).toBe(2)
})

test('an endpoint that answers 20 gets no new sends; the other one gets this one at once', async () => {
  const [draining, other] = [await startProducerProxy(), await startProducerProxy()]
  const producer = await testProducer([draining.endpoint, other.endpoint])
  draining.codes.push(...Array.from({ length: 100 }, () => 20))

  const results = []
  for (let count = 0; count < 50; count += 1) results.push(await producer.send(MESSAGE))

  expect(results.map(({ code }) => code)).toEqual(results.map(() => 0))
  expect(draining.requests.length).toBeLessThanOrEqual(1)
  expect(other.received).toHaveLength(50)
})

test('a failure inside the server is tried again and is then 110', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { backoffMs: 1 })
  proxy.broken = true

  const result = await producer.send(MESSAGE)

  expect(result).toMatchObject({ code: 110, attempts: 3, maybeDuplicate: true, retriable: true })
})

test('SD-35 a closed producer answers 101 and sends nothing', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  await producer.close()
  await producer.close()

  expect(await producer.send(MESSAGE)).toMatchObject({ code: 101, attempts: 0 })
  expect((await producer.sendBatch([MESSAGE])).results).toMatchObject([{ code: 101 }])
  expect(proxy.gate.accepted).toBe(0)
})

test('a refused message costs no connection', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  expect(await producer.send({ topic: 't', body: '', key: 'k' })).toMatchObject({
    code: 11,
    key: 'k',
    attempts: 0,
  })
  expect(proxy.gate.accepted).toBe(0)
})

test('counters tell sends from attempts', async () => {
  const proxy = await startProducerProxy()
  const metrics = new RecordingMetrics()
  const producer = await testProducer([proxy.endpoint], { metrics, backoffMs: 1 })
  proxy.codes.push(10)
  await producer.send(MESSAGE)

  expect(metrics.sum('ddmq_client_send_total', { topic: 't', code: '0' })).toBe(1)
  expect(metrics.sum('ddmq_client_send_attempts_total', { endpoint: proxy.endpoint })).toBe(2)
  expect(metrics.sum('ddmq_client_inflight')).toBe(0)
})

test('toResultOrThrow passes successes and throws the code of a failure', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  proxy.codes.push(0, 13)

  expect(toResultOrThrow(await producer.send(MESSAGE)).code).toBe(0)
  const failed = await producer.send(MESSAGE)
  expect(() => toResultOrThrow(failed)).toThrow(expect.objectContaining({ code: 13 }))
})

test.each([
  ['endpoints', { endpoints: [] }],
  ['endpoints', { endpoints: ['localhost'] }],
  ['endpoints', { endpoints: ['a:0'] }],
  ['requestTimeoutMs', { requestTimeoutMs: 300 }],
  ['maxRetries', { maxRetries: -1 }],
  ['deadlineMs', { deadlineMs: 1.5 }],
  ['backoffMaxMs', { backoffMs: 50, backoffMaxMs: 10 }],
  ['deadLineMs', { deadLineMs: 10 }],
])('a wrong option %s is refused by name: %j', async (name, options) => {
  const made = createProducer({ endpoints: ['a:1'], ...options })

  await expect(made).rejects.toThrow(DdmqClientError)
  await expect(made).rejects.toThrow(
    expect.objectContaining({ code: 102, message: expect.stringContaining(name) }),
  )
})

test('a wrong option of one call is refused by name', async () => {
  const producer = await createProducer({ endpoints: ['a:1'] })

  await expect(producer.send(MESSAGE, { deadlineMs: Number.NaN })).rejects.toThrow('deadlineMs')
  await expect(producer.sendBatch([MESSAGE], { mode: 'all' as 'rpc' })).rejects.toThrow('mode')
})

test('IPv6 and host names are endpoints', async () => {
  await expect(
    createProducer({ endpoints: ['[::1]:9613', 'proxy.example:9613', '10.0.0.1:9613'] }),
  ).resolves.toBeDefined()
})
