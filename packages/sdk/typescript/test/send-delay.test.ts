import { DELAY_TYPES, formatDelayId } from '@ddmq/common/delay'
import { expect, test } from 'vitest'
import { type DelayMessage, toResultOrThrow } from '../src/index.ts'
import { startProducerProxy } from './support/fake-producer-proxy.ts'
import { testProducer } from './support/producer.ts'
import { RecordingMetrics } from './support/recording-metrics.ts'

const MESSAGE = { topic: 'later', body: 'x' }
const ID_PARTS = {
  timestamp: 1_800_000_000,
  type: DELAY_TYPES.loop,
  expire: 1_800_001_000,
  times: 9,
  timed: 2,
  interval: 10,
  seq: 3,
  uuid: '14f22520-ad72-11e7-91be-6ee54da579e3',
}
const ID = formatDelayId(ID_PARTS)

test('a delayed message arrives with all that it is delivered with, and its id is the answer', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { proxyTimeoutMs: 70 })
  const at = Date.now() + 60_250

  const result = await producer.sendDelay(
    {
      topic: 'later',
      body: 'grün',
      tags: ['a', 'b'],
      properties: { own: '1' },
      headers: { 'X-A': '1', 'didi-header-rid': 'trace' },
      spanId: 'span',
      pressure: true,
    },
    { at, repeat: { intervalSec: 10, times: 3 } },
  )

  const [delay] = proxy.delays
  expect(result).toMatchObject({
    code: 0,
    attempts: 1,
    delayId: `id of ${delay?.uuid}`,
    proxy: proxy.endpoint,
    maybeDuplicate: false,
  })
  const timestamp = Math.floor(at / 1000)
  expect(delay).toMatchObject({
    action: 1,
    topic: 'later',
    tags: 'a||b',
    timestamp,
    milliseconds: at % 1000 || undefined,
    dmsgtype: 3,
    interval: 10,
    times: 3,
    expire: timestamp + 20,
    uniqDelayMsgId: undefined,
    uuid: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  })
  expect(Buffer.from(delay!.body!).toString('utf8')).toBe('grün')
  expect(Object.fromEntries(delay!.properties!)).toEqual({
    own: '1',
    carrera_headers: '{"X-A":"1"}',
    traceId: 'trace',
    spanId: 'span',
    isPressureTraffic: 'true',
  })
})

test('SD-38 a delayed message without tags has none, and a whole second has no milliseconds', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  const second = Math.ceil(Date.now() / 1000)

  await producer.sendDelay(MESSAGE, { at: second * 1000 })
  await producer.sendDelay({ ...MESSAGE, tags: '' }, { at: new Date(second * 1000 + 1) })

  expect(proxy.delays).toMatchObject([
    { tags: undefined, properties: undefined, timestamp: second, milliseconds: undefined, dmsgtype: 2 },
    { tags: undefined, properties: undefined, timestamp: second, milliseconds: 1, interval: undefined },
  ])
})

test('CH-20 all attempts of one call are one message, of two calls are two', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { backoffMs: 20 })
  proxy.codes.push(10, 12, 0, 0)

  const result = await producer.sendDelay(MESSAGE, { after: 60_000 })
  await producer.sendDelay(MESSAGE, { after: 60_000 })

  const [first, second, third, other] = proxy.delays
  expect(result).toMatchObject({ code: 0, attempts: 3, delayId: `id of ${first?.uuid}` })
  expect([second, third]).toEqual([first, first])
  expect(other?.uuid).not.toBe(first?.uuid)
})

test('a confirmed retry is no duplicate; without a confirmation it may be stored, and the id says as what', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { backoffMs: 1 })
  proxy.codes.push(12, 0, 12, 12, 12)

  const confirmed = await producer.sendDelay(MESSAGE, { after: 1000 })
  const unknown = await producer.sendDelay(MESSAGE, { after: 1000 })

  expect(confirmed).toMatchObject({ code: 0, attempts: 2, maybeDuplicate: false })
  expect(unknown).toMatchObject({
    code: 12,
    attempts: 3,
    maybeDuplicate: true,
    delayId: `id of ${proxy.delays.at(-1)?.uuid}`,
  })
})

test('a lost answer is asked for again with the same uuid', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint], { backoffMs: 1 })
  proxy.gate.mode = 'cut'

  const result = await producer.sendDelay(MESSAGE, { after: 1000 })

  expect(result).toMatchObject({ code: 0, maybeDuplicate: false })
  expect(new Set(proxy.delays.map(({ uuid }) => uuid)).size).toBe(1)
  expect(proxy.delays.length).toBeGreaterThan(1)
})

test.each([18, 30, 31, 32, 33, 34, 35, 36, 37, 38])(
  'an answer of %i is final and evicts nothing',
  async code => {
    const proxy = await startProducerProxy()
    const metrics = new RecordingMetrics()
    const producer = await testProducer([proxy.endpoint], { metrics })
    proxy.codes.push(code)

    const result = await producer.sendDelay(MESSAGE, { after: 1000 })

    expect(result).toMatchObject({ code, attempts: 1, retriable: false, maybeDuplicate: false })
    expect(metrics.sum('ddmq_client_endpoint_state')).toBe(0)
    expect(metrics.sum('ddmq_client_send_total', { topic: 'later', code: String(code) })).toBe(1)
  },
)

test('a cancel carries the id, one byte of body and no tags of its own', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  const result = await producer.cancelDelay('later', ID)
  await producer.cancelDelay('later', ID, { tags: ['a', 'b'] })

  expect(toResultOrThrow(result)).toMatchObject({ code: 0, delayId: ID, attempts: 1 })
  expect(proxy.delays).toMatchObject([
    {
      action: 2,
      topic: 'later',
      uniqDelayMsgId: ID,
      body: Uint8Array.of(99),
      tags: undefined,
      timestamp: undefined,
      uuid: undefined,
    },
    { action: 2, tags: 'a||b' },
  ])
})

test.each([
  [11, 'topic', { ...MESSAGE, topic: '' }],
  [11, 'body', { ...MESSAGE, body: '' }],
  [11, 'tag', { ...MESSAGE, tags: 'a||b' }],
  [11, 'tags', { ...MESSAGE, tags: 'x'.repeat(256) }],
  [11, 'properties', { ...MESSAGE, properties: { DELAY: '1' } }],
  [11, 'key', { ...MESSAGE, key: 'k' }],
  [11, 'hashId', { ...MESSAGE, hashId: 7 }],
  [11, 'partition', { ...MESSAGE, partition: 0 }],
  [105, 'surrogate', { ...MESSAGE, body: '\ud800' }],
])('a bad message costs no connection: %i for the %s', async (code, name, message: DelayMessage) => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  const result = await producer.sendDelay(message, { after: 1000 })

  expect(result).toMatchObject({
    code,
    attempts: 0,
    delayId: undefined,
    message: expect.stringContaining(name),
  })
  expect(proxy.gate.accepted).toBe(0)
})

test.each([
  [11, 'topic', '', ID],
  [30, 'delayId', 'later', ''],
  [30, 'delayId', 'later', `${ID}x`],
  [30, 'delayId', 'later', ID.toUpperCase()],
  [30, 'delayId', 'later', formatDelayId({ ...ID_PARTS, timed: 200_000_000 })],
  [31, 'delayId', 'later', ID.replace('-3-', '-5-')],
])(
  'a cancel that cannot be is refused without a connection: %i for the %s',
  async (code, name, topic, id) => {
    const proxy = await startProducerProxy()
    const producer = await testProducer([proxy.endpoint])

    const result = await producer.cancelDelay(topic, id)

    expect(result).toMatchObject({ code, attempts: 0, delayId: id, message: expect.stringContaining(name) })
    expect(proxy.gate.accepted).toBe(0)
  },
)

test('a delay in the past or with a wrong member is told before any connection', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  expect(await producer.sendDelay(MESSAGE, { at: 1000 })).toMatchObject({ code: 33, attempts: 0 })
  await expect(producer.sendDelay(MESSAGE, { after: 1, every: 3 } as { after: number })).rejects.toThrow(
    expect.objectContaining({ code: 102, message: 'unknown option: every' }),
  )
  expect(proxy.gate.accepted).toBe(0)
})

test('signal, deadline and close hold for delays and cancels', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  const aborted = await producer.sendDelay(MESSAGE, { after: 1 }, { signal: AbortSignal.abort() })
  await producer.cancelDelay('later', ID)
  proxy.gate.mode = 'hang'
  const late = await producer.cancelDelay('later', ID, { deadlineMs: 100 })
  await producer.close({ timeoutMs: 0 })
  const closed = await producer.cancelDelay('later', ID)

  expect(aborted).toMatchObject({ code: 108, attempts: 0 })
  expect(late).toMatchObject({ code: 106, maybeDuplicate: true, delayId: ID })
  expect(closed).toMatchObject({ code: 101, delayId: ID })
})
