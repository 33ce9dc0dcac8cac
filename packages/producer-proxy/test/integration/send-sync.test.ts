import { Message, producerService } from '@ddmq/common/idl'
import { decodeMessageHeaders, StorageError } from '@ddmq/storage'
import { eventually } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type TestClient, TestProxy } from './proxy-fixture.ts'

const LIMIT = 2_097_152

describe('sendSync', () => {
  let proxy: TestProxy
  let client: TestClient
  beforeAll(async () => {
    proxy = await TestProxy.start({
      topics: [
        { topic: 't' },
        { topic: 'body' },
        { topic: 'partition' },
        { topic: 'texts', partitions: 1 },
        { topic: 'slow' },
        { topic: 'R_test_chronos_inner_0' },
        { topic: 'delay', partitions: 1, change: { delayTopic: true } },
        { topic: 'gone' },
      ],
    })
    client = await proxy.connect()
  })
  afterAll(() => proxy[Symbol.asyncDispose]())

  async function recordsOf(topic: string, partition = '0') {
    return (await proxy.stored(topic)).get(partition) ?? []
  }

  it('PP-1 PP-24 answers 0 to a message that is stored', async () => {
    expect(await client.sendSync({ body: 'first' }, 1_000)).toMatchObject({ code: 0, msg: 'OK' })
    expect(await proxy.bodies('t')).toContain('first')
  })

  it('PP-2 answers requests written back to back in their order', async () => {
    const codes = await Promise.all([
      client.sendSync({}),
      client.sendSync({ topic: 'unknown' }),
      client.sendSync({ body: '' }),
      client.sendSync({}),
    ])
    expect(codes.map(result => result.code)).toEqual([0, 13, 11, 0])
  })

  it('PP-8 PP-9 stores the value where there is no body, and ignores it where there is one', async () => {
    await client.sendSync({ topic: 'body', partitionId: 0, value: 'text ü' })
    const both = Object.assign(new Message(), { topic: 'body', partitionId: 0 })
    both.body = Buffer.from([0, 255, 128])
    both.value = Buffer.from('ignored')
    const args = { message: both, timeout: 1_000 }
    const result = await client.connection.call(producerService.sendSync, args, { timeoutMs: 5_000 })
    expect(result.code).toBe(0)
    const values = (await recordsOf('body')).map(record => Buffer.from(record.value ?? []))
    expect(values).toEqual([Buffer.from('text ü'), Buffer.from([0, 255, 128])])
  })

  it('PP-10 answers 11 to a request without a message or without a topic', async () => {
    const args = { message: undefined, timeout: 1_000 }
    const missing = await client.connection.call(producerService.sendSync, args, { timeoutMs: 5_000 })
    expect(missing).toMatchObject({ code: 11, msg: expect.stringContaining('message is missing') })
    expect(await client.sendSync({ topic: undefined })).toMatchObject({ code: 11 })
  })

  it('PP-12 answers 0 to the heartbeat topic and publishes nothing', async () => {
    expect(await client.sendSync({ topic: 'carrera_heartbeat', body: '' })).toMatchObject({ code: 0 })
    expect(await proxy.cluster().admin.listTopics()).not.toContain('carrera_heartbeat')
  })

  it('PP-13 answers 13 to a topic that is not in the white list', async () => {
    expect(await client.sendSync({ topic: 'unknown' })).toMatchObject({ code: 13 })
  })

  it('PP-14 PP-15 takes a key and tags of 255 characters and answers 11 to 256', async () => {
    expect(await client.sendSync({ key: 'k'.repeat(255), tags: 't'.repeat(255) })).toMatchObject({ code: 0 })
    expect(await client.sendSync({ key: 'k'.repeat(256) })).toMatchObject({ code: 11 })
    expect(await client.sendSync({ tags: 't'.repeat(256) })).toMatchObject({ code: 11 })
  })

  it.each([
    ['PP-16', { KEYS: 'v' }],
    ['PP-17', { ' ': 'v' }],
    ['PP-17', { p: ' ' }],
    ['PP-41', { p: 'a\u0001DELAY\u00023' }],
  ])('%s answers 11 to the properties %j', async (_item, properties) => {
    const result = await client.sendSync({ properties: new Map(Object.entries(properties)) })
    expect(result.code).toBe(11)
  })

  it('PP-18 PP-19 answers 11 to an empty body and to one byte over the limit, and 0 at the limit', async () => {
    expect(await client.sendSync({ body: '' })).toMatchObject({ code: 11 })
    expect(await client.sendSync({ body: new Uint8Array(LIMIT + 1) })).toMatchObject({ code: 11 })
    expect(await client.sendSync({ body: new Uint8Array(LIMIT) })).toMatchObject({ code: 0 })
  })

  it('PP-21 answers 11 to a topic of the delay service', async () => {
    expect(await client.sendSync({ topic: 'R_test_chronos_inner_0' })).toMatchObject({ code: 11 })
    expect(await client.sendAsync({ topic: 'R_test_chronos_inner_0' })).toMatchObject({ code: 11 })
  })

  it('PP-22 answers 19 to a delay topic', async () => {
    expect(await client.sendSync({ topic: 'delay' })).toMatchObject({ code: 19 })
  })

  it('PP-23 takes what the delay service publishes to a delay topic, with its mark', async () => {
    const properties = new Map([['from_chronos', 'from_chronos']])
    expect(await client.sendSync({ topic: 'delay', properties })).toMatchObject({ code: 0 })
    const [record] = await recordsOf('delay')
    expect(decodeMessageHeaders(record?.headers ?? []).properties).toEqual(properties)
  })

  it('PP-28 waits for the storage where the timeout is 0', async () => {
    proxy.cluster().shut()
    const sent = client.sendSync({ topic: 'slow' }, 0)
    await eventually(() => expect(proxy.cluster().appendCalls).toBeGreaterThan(0))
    proxy.cluster().open()
    expect(await sent).toMatchObject({ code: 0 })
  })

  it('PP-29 answers 14 to a topic the engine does not have, and counts the drop', async () => {
    await proxy.cluster().admin.deleteTopic('gone')
    expect(await client.sendSync({ topic: 'gone' })).toMatchObject({ code: 14 })
    const labels = { topic: 'gone', reason: 'TOPIC_NOT_EXIST' }
    expect(await proxy.metric('ddmq_producer_proxy_dropped_messages_total', labels)).toBe(1)
  })

  it.each([
    ['PP-30', 'unavailable', 10],
    ['PP-10', 'outcomeUnknown', 12],
    ['PP-10', 'corrupt', 10],
  ] as const)('%s answers a storage failure %s with %i', async (_item, kind, code) => {
    proxy.cluster().fail(() => new StorageError(kind, 'made to fail'))
    const result = await client.sendSync({})
    proxy.cluster().fail(() => undefined)
    expect(result.code).toBe(code)
  })

  it('PP-10 answers 10 when something behind fails in a way nobody foresaw', async () => {
    proxy.cluster().fail(() => {
      throw new TypeError('a bug')
    })
    const result = await client.sendSync({})
    proxy.cluster().fail(() => undefined)
    expect(result.code).toBeGreaterThan(0)
  })

  it.each([
    ['PP-33', { partitionId: 7 }, '3'],
    ['PP-34', { hashId: -5 }, '1'],
    ['PP-35', { hashId: -(2 ** 63) }, '0'],
  ])('%s stores %j in partition %s of 4', async (item, change, partition) => {
    expect(await client.sendSync({ topic: 'partition', body: item, ...change })).toMatchObject({ code: 0 })
    const bodies = (await recordsOf('partition', partition)).map(record =>
      Buffer.from(record.value ?? []).toString(),
    )
    expect(bodies).toContain(item)
  })

  it('PP-36 gives every partition some of the messages without partition', async () => {
    for (let sent = 0; sent < 200; sent++) await client.sendSync({ topic: 'body', partitionId: -2 })
    const filled = [...(await proxy.stored('body')).values()].filter(records => records.length > 0)
    expect(filled).toHaveLength(4)
  })

  it('PP-39 PP-40 stores key, tags and properties so that a consumer finds them unchanged', async () => {
    const properties = new Map([
      ['traceId', 't-1'],
      ['spanId', 's-1'],
      ['isPressureTraffic', 'true'],
      ['carrera_headers', '{"a":"ü"}'],
      ['ddmq-tags', 'not ours'],
    ])
    await client.sendSync({ topic: 'texts', key: 'kä', tags: 'a||b', properties })
    const [record] = await recordsOf('texts')
    expect(Buffer.from(record?.key ?? []).toString()).toBe('kä')
    expect(decodeMessageHeaders(record?.headers ?? [])).toEqual({ tags: 'a||b', properties })
  })

  it('PP-42 answers sendAsync 0 only after the message is stored', async () => {
    proxy.cluster().shut()
    let answered = false
    const before = proxy.cluster().appendCalls
    const sent = client.sendAsync({ topic: 't', body: 'async' }).finally(() => (answered = true))
    await eventually(() => expect(proxy.cluster().appendCalls).toBe(before + 1))
    expect(answered).toBe(false)
    proxy.cluster().open()
    expect(await sent).toMatchObject({ code: 0 })
    expect(await proxy.bodies('t')).toContain('async')
  })
})

describe('sendAsync to a silent storage', () => {
  it('PP-43 answers a failure when the wait is over', async () => {
    await using proxy = await TestProxy.start({ topics: [{ topic: 't' }], config: { engineWaitMs: 200 } })
    const client = await proxy.connect()
    proxy.cluster().shut()
    expect(await client.sendAsync({})).toMatchObject({ code: 12 })
  })
})
