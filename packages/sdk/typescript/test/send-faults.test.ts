import { eventually, FakeClock, freePort, spawnNode } from '@ddmq/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HARD_LIMIT } from '../src/core/circuit.ts'
import type { Producer } from '../src/index.ts'
import { toProducerSettings } from '../src/producer/producer-options.ts'
import { ProxyProducer } from '../src/producer/proxy-producer.ts'
import { startProducerProxy } from './support/fake-producer-proxy.ts'
import { testProducer } from './support/producer.ts'
import { RecordingMetrics } from './support/recording-metrics.ts'
import { beSilent, SILENT_LISTENER } from './support/silent-listener.ts'

const MESSAGE = { topic: 't', body: 'x' }

/** Its clock stands still, its timers do not. */
function slowClockProducer(endpoint: string): Producer {
  const settings = toProducerSettings({ endpoints: [endpoint], maxRetries: 0 })
  const producer = new ProxyProducer(settings, new FakeClock(), Math.random)
  onTestFinished(() => producer.close({ timeoutMs: 0 }))
  return producer
}

test('SD-31 with one of two endpoints dead every send succeeds and the dead one gets probes only', async () => {
  const proxy = await startProducerProxy()
  const dead = `127.0.0.1:${await freePort()}`
  const metrics = new RecordingMetrics()
  const producer = await testProducer([dead, proxy.endpoint], { metrics })

  const failed = []
  for (let count = 0; count < 1000; count += 1) {
    const result = await producer.send(MESSAGE)
    if (result.code !== 0 || result.maybeDuplicate) failed.push(result)
  }

  expect(failed).toEqual([])
  expect(proxy.received).toHaveLength(1000)
  expect(metrics.sum('ddmq_client_send_attempts_total', { endpoint: dead })).toBeLessThanOrEqual(HARD_LIMIT)
  expect(metrics.sum('ddmq_client_endpoint_state', { endpoint: dead })).toBeGreaterThan(0)
})

test('an endpoint that comes back is used again', async () => {
  const [first, second] = [await startProducerProxy(), await startProducerProxy()]
  const metrics = new RecordingMetrics()
  const producer = await testProducer([first.endpoint, second.endpoint], { metrics })
  await first.gate.close()
  await eventually(async () => {
    await producer.send(MESSAGE)
    expect(metrics.sum('ddmq_client_endpoint_state', { endpoint: first.endpoint })).toBe(2)
  })

  await first.gate.listen()

  await eventually(async () => {
    expect((await producer.send(MESSAGE)).code).toBe(0)
    expect(first.received.length).toBeGreaterThan(3)
  })
  expect(metrics.sum('ddmq_client_endpoint_state')).toBe(0)
})

test('SD-32 a restart of the only endpoint fails no send because of an old connection', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  const sendMany = () => Promise.all(Array.from({ length: 8 }, () => producer.send(MESSAGE)))
  await sendMany()

  await proxy.gate.close()
  await proxy.gate.listen()
  const results = await sendMany()

  expect(results.map(({ code, attempts }) => [code, attempts])).toEqual(results.map(() => [0, 1]))
})

test('SD-32 a connection that ends while its request is under way is replaced when it had served before', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { maxRetries: 0 })
  await producer.send(MESSAGE)
  proxy.gate.mode = 'cut'

  const result = await producer.send(MESSAGE)

  expect(result).toMatchObject({ code: 0, maybeDuplicate: true, attempts: 1 })
  expect(proxy.received).toHaveLength(3)
})

test('SD-33 a reply that never comes ends the send by its deadline as unknown', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  await producer.send(MESSAGE)
  proxy.gate.mode = 'hang'

  const result = await producer.send(MESSAGE, { deadlineMs: 150 })

  expect(result).toMatchObject({ code: 106, attempts: 1, maybeDuplicate: true, retriable: true })
  await eventually(() => expect(proxy.gate.open).toBe(0))
})

/** Timers are rounded and count from when the event loop last looked: they may fire before the clock has come so far. */
describe('SD-33 a wait that the deadline cut ends with 106 when its timer fires before the clock is there', () => {
  test('for a reply', async () => {
    const proxy = await startProducerProxy()
    proxy.gate.mode = 'hang'
    const producer = slowClockProducer(proxy.endpoint)

    const result = await producer.send(MESSAGE, { deadlineMs: 400 })

    expect(result).toMatchObject({ code: 106, attempts: 1, retriable: true })
  })

  test('for a connection', async () => {
    await using listener = spawnNode(SILENT_LISTENER)
    const endpoint = await listener.waitForLine(/:/)
    await beSilent(listener, endpoint)
    const producer = slowClockProducer(endpoint)

    const result = await producer.send(MESSAGE, { deadlineMs: 100 })

    expect(result).toMatchObject({ code: 106, attempts: 1, maybeDuplicate: false, retriable: true })
  })
})

test('a request without a reply is tried again, or not, as the caller says', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], {
    proxyTimeoutMs: 10,
    requestTimeoutMs: 30,
    backoffMs: 1,
  })
  proxy.gate.mode = 'hang'

  const retried = await producer.send(MESSAGE)
  const once = await producer.send(MESSAGE, { retryUnknown: false })

  expect(retried).toMatchObject({ code: 111, attempts: 3, maybeDuplicate: true })
  expect(once).toMatchObject({ code: 111, attempts: 1, maybeDuplicate: true })
})

test('SD-33 an endpoint that is gone after a request without a reply leaves the outcome unknown, and says so', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { backoffMs: 1 })
  proxy.gate.mode = 'hang'
  const sending = producer.send(MESSAGE)
  await eventually(() => expect(proxy.received).toHaveLength(1))

  await proxy.gate.close()

  expect(await sending).toMatchObject({
    code: 111,
    message: `cannot connect to ${proxy.endpoint}; it may have been stored`,
    attempts: 3,
    maybeDuplicate: true,
    retriable: true,
  })
})

test.each([
  { codes: [12, 13], code: 13, attempts: 2, maybeDuplicate: true },
  { codes: [12, 10, 10], code: 10, attempts: 3, maybeDuplicate: true },
  { codes: [10, 10, 12], code: 12, attempts: 3, maybeDuplicate: true },
  { codes: [10, 10, 10], code: 10, attempts: 3, maybeDuplicate: false },
  { codes: [20, 13], code: 13, attempts: 2, maybeDuplicate: false },
])(
  'answers $codes: is any of the attempts stored? maybe: $maybeDuplicate',
  async ({ codes, ...expected }) => {
    const proxy = await startProducerProxy()
    const producer = await testProducer([proxy.endpoint], { backoffMs: 1 })
    proxy.codes.push(...codes)

    const [result] = (await producer.sendBatch([MESSAGE])).results

    const message = `code${expected.code}${expected.maybeDuplicate ? '; it may have been stored' : ''}`
    expect(result).toMatchObject({ ...expected, message })
  },
)

test('an answer of 12 that a later attempt makes good is a success with its own text', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { backoffMs: 1 })
  proxy.codes.push(12)

  expect(await producer.send(MESSAGE)).toMatchObject({ code: 0, message: 'code0', maybeDuplicate: true })
})

test('nothing that listens is 111 and cannot be a duplicate', async () => {
  const producer = await testProducer([`127.0.0.1:${await freePort()}`], { backoffMs: 1 })

  expect(await producer.send(MESSAGE)).toMatchObject({
    code: 111,
    attempts: 3,
    maybeDuplicate: false,
    retriable: true,
  })
})

test('SD-34 when every connection is busy until the deadline the send is 107 and nothing was sent', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { maxConnectionsPerEndpoint: 1 })
  proxy.gate.mode = 'hang'
  const busy = producer.send(MESSAGE)
  await eventually(() => expect(proxy.received).toHaveLength(1))

  const result = await producer.send(MESSAGE, { deadlineMs: 50 })

  expect(result).toMatchObject({ code: 107, attempts: 0, maybeDuplicate: false })
  await producer.close({ timeoutMs: 0 })
  expect((await busy).maybeDuplicate).toBe(true)
  expect(proxy.received).toHaveLength(1)
})

test('sends beyond the connections wait their turn and all succeed', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { maxConnectionsPerEndpoint: 2 })

  const results = await Promise.all(Array.from({ length: 200 }, () => producer.send(MESSAGE)))

  expect(results.map(({ code }) => code)).toEqual(results.map(() => 0))
  expect(proxy.gate.accepted).toBe(2)
})

test('SD-49 an aborted send is 108 and its connection is closed, not used again', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  proxy.gate.mode = 'hang'
  const controller = new AbortController()
  const sending = producer.send(MESSAGE, { signal: controller.signal })
  await eventually(() => expect(proxy.received).toHaveLength(1))

  controller.abort()

  expect(await sending).toMatchObject({ code: 108, maybeDuplicate: true })
  await eventually(() => expect(proxy.gate.open).toBe(0))
})

test('SD-49 a send aborted before it began makes no attempt', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  expect(await producer.send(MESSAGE, { signal: AbortSignal.abort() })).toMatchObject({
    code: 108,
    attempts: 0,
  })
  expect(proxy.gate.accepted).toBe(0)
})

test('an abort also ends the wait for a connection and the pause between attempts', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], {
    maxConnectionsPerEndpoint: 1,
    backoffMs: 60_000,
    backoffMaxMs: 60_000,
    deadlineMs: 600_000,
  })
  const controller = new AbortController()
  proxy.codes.push(10)
  const pausing = producer.send(MESSAGE, { signal: controller.signal })
  await eventually(() => expect(proxy.received).toHaveLength(1))
  proxy.gate.mode = 'hang'
  const busy = producer.send(MESSAGE, { signal: controller.signal })
  await eventually(() => expect(proxy.received).toHaveLength(2))
  const waiting = producer.send(MESSAGE, { signal: controller.signal })

  controller.abort()

  expect((await Promise.all([pausing, busy, waiting])).map(({ code }) => code)).toEqual([108, 108, 108])
})

test('close waits for a send under way', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  const sending = producer.send(MESSAGE)

  await producer.close()

  expect((await sending).code).toBe(0)
  await eventually(() => expect(proxy.gate.open).toBe(0))
})

test('close ends what is under way when its time is over', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  proxy.gate.mode = 'hang'
  const sending = producer.send(MESSAGE)
  await eventually(() => expect(proxy.received).toHaveLength(1))

  await producer.close({ timeoutMs: 10 })

  expect(await sending).toMatchObject({ code: 101, maybeDuplicate: true })
})

test('idle connections are closed after their time', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { idleTimeoutMs: 20 })
  await Promise.all([producer.send(MESSAGE), producer.send(MESSAGE)])

  await eventually(() => expect(proxy.gate.open).toBe(0))

  expect((await producer.send(MESSAGE)).code).toBe(0)
})
