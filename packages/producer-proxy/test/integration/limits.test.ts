import { eventually } from '@ddmq/testkit'
import { describe, expect, it } from 'vitest'
import { TestProxy } from './proxy-fixture.ts'

const ON = { useRequestLimiter: true, tpsWarningRatio: 0.8 }
/** One request uses it up, and it stays so for the length of a test. */
const TINY = 0.01

function limited(change: object = {}, maxTps = TINY) {
  return { topic: 't', maxTps, change }
}

describe('limits', () => {
  it('PP-53 tries a refused request again and answers 15 when it is refused again', async () => {
    await using proxy = await TestProxy.start({ topics: [limited()], carrera: ON })
    const client = await proxy.connect()
    await exhaust(client)
    expect(await client.sendSync({}, 5_000)).toMatchObject({ code: 15 })
    const labels = { topic: 't', limit: 'topic', outcome: 'refused' }
    expect(await proxy.metric('ddmq_producer_proxy_limited_messages_total', labels)).toBeGreaterThanOrEqual(2)
  })

  it('PP-53 publishes a refused request when there is room again', async () => {
    await using proxy = await TestProxy.start({
      topics: [limited({ limiterFailureRetryInterval: 300 }, 10)],
      carrera: ON,
    })
    const client = await proxy.connect()
    const codes = await Promise.all(Array.from({ length: 11 }, () => client.sendSync({}, 5_000)))
    expect(codes.map(result => result.code)).toEqual(Array(11).fill(0))
  })

  it('PP-54 PP-55 answers 15 at once at interval 0 and where the timeout is too short', async () => {
    await using proxy = await TestProxy.start({
      topics: [limited({ limiterFailureRetryInterval: 0 }), { topic: 'u', maxTps: TINY }],
      carrera: ON,
    })
    const client = await proxy.connect()
    await exhaust(client)
    const labels = { topic: 't', limit: 'topic', outcome: 'refused' }
    expect(await proxy.metric('ddmq_producer_proxy_limited_messages_total', labels)).toBe(1)
    await client.sendSync({ topic: 'u' }, 15)
    await client.sendSync({ topic: 'u' }, 15)
    expect(await client.sendSync({ topic: 'u' }, 15)).toMatchObject({ code: 15 })
    expect(await proxy.metric('ddmq_producer_proxy_limited_messages_total', { ...labels, topic: 'u' })).toBe(
      1,
    )
  })

  it('PP-56 answers 15 at once while the queue of held requests is full', async () => {
    await using proxy = await TestProxy.start({
      topics: [limited({ limiterFailureRetryInterval: 60_000 })],
      carrera: { ...ON, limiterFailureRetryQueueSize: 1 },
    })
    const [first, second] = [await proxy.connect(), await proxy.connect()]
    await first.sendSync({})
    await first.sendSync({})
    const held = first.sendSync({}, 120_000)
    await eventually(async () => expect(await proxy.metric('ddmq_producer_proxy_held_requests', {})).toBe(1))
    expect(await second.sendSync({}, 120_000)).toMatchObject({ code: 15 })
    expect(await proxy.metric('ddmq_producer_proxy_held_requests', {})).toBe(1)
    await proxy.service.stop()
    expect(await held).toMatchObject({ code: 15 })
  })

  it('PP-57 applies a new limit of a topic without a restart', async () => {
    await using proxy = await TestProxy.start({
      topics: [limited({ limiterFailureRetryInterval: 0 })],
      carrera: ON,
    })
    const client = await proxy.connect()
    await exhaust(client)
    await proxy.putTopic({ topic: 't', maxTps: 100_000 })
    await eventually(async () => expect(await client.sendSync({})).toMatchObject({ code: 0 }))
  })

  it('PP-58 refuses another topic once the node is at its limit', async () => {
    const change = { limiterFailureRetryInterval: 0 }
    await using proxy = await TestProxy.start({
      topics: [limited(change, 1_000), { topic: 'u', maxTps: 1_000, change }],
      carrera: { ...ON, maxTps: 1 },
    })
    const client = await proxy.connect()
    // Paid back for longer than the test lasts.
    await client.sendBatch(Array.from({ length: 200 }, () => ({})))
    expect(await client.sendSync({ topic: 'u' })).toMatchObject({ code: 15 })
    const labels = { topic: 'u', limit: 'node', outcome: 'refused' }
    expect(await proxy.metric('ddmq_producer_proxy_limited_messages_total', labels)).toBe(1)
  })

  it('PP-59 does not publish a request that was answered 12 while it was held', async () => {
    const topic = limited({ limiterFailureRetryInterval: 2_000 }, 1)
    await using proxy = await TestProxy.start({ topics: [topic], carrera: ON })
    const client = await proxy.connect()
    const codes = await Promise.all([5_000, 5_000, 200].map(timeoutMs => client.sendSync({}, timeoutMs)))
    expect(codes.map(result => result.code)).toEqual([0, 0, 12])
    const timedOut = { topic: 't', result: 'FAIL_TIMEOUT' }
    expect(await proxy.metric('ddmq_producer_proxy_messages_total', timedOut)).toBe(1)
    // Held as long and later, so it is stored after the one before would have been.
    await eventually(async () =>
      expect(await client.sendSync({ body: 'last' }, 0)).toMatchObject({ code: 0 }),
    )
    expect((await proxy.bodies('t')).filter(body => body === 'x')).toHaveLength(2)
  })

  it('PP-85 answers held requests with 15 as soon as it is stopped', async () => {
    await using proxy = await TestProxy.start({
      topics: [limited({ limiterFailureRetryInterval: 60_000 })],
      carrera: ON,
    })
    const clients = await Promise.all(Array.from({ length: 5 }, () => proxy.connect()))
    await clients[0]?.sendSync({})
    await clients[0]?.sendSync({})
    const held = clients.map(client => client.sendSync({}, 120_000))
    await eventually(async () => expect(await proxy.metric('ddmq_producer_proxy_held_requests', {})).toBe(5))
    await proxy.service.stop()
    expect((await Promise.all(held)).map(result => result.code)).toEqual(Array(5).fill(15))
    expect(await proxy.metric('ddmq_producer_proxy_held_requests', {})).toBe(0)
    const refused = { topic: 't', result: 'FAIL_REFUSED_BY_RATE_LIMITER' }
    expect(await proxy.metric('ddmq_producer_proxy_messages_total', refused)).toBe(5)
  })

  it('PP-60 limits from the moment the limiter is switched on', async () => {
    const change = { limiterFailureRetryInterval: 0 }
    await using proxy = await TestProxy.start({ topics: [limited(change)] })
    const client = await proxy.connect()
    for (let sent = 0; sent < 5; sent++) expect(await client.sendSync({})).toMatchObject({ code: 0 })
    await proxy.putNode({ carrera: ON })
    await exhaust(client)
    await proxy.putNode({})
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
  })

  it('PP-51 charges a batch with every message', async () => {
    await using proxy = await TestProxy.start({
      topics: [limited({ limiterFailureRetryInterval: 0 }, 5)],
      carrera: ON,
    })
    const client = await proxy.connect()
    const list = Array.from({ length: 100 }, () => ({}))
    expect(await client.sendBatch(list)).toMatchObject({ code: 0 })
    expect(await client.sendBatch(list.slice(0, 40))).toMatchObject({ code: 15 })
    const labels = { topic: 't', limit: 'topic', outcome: 'refused' }
    expect(await proxy.metric('ddmq_producer_proxy_limited_messages_total', labels)).toBe(40)
  })
})

/** Main budget and reserve hold one request each at a tiny limit. */
async function exhaust(client: Awaited<ReturnType<TestProxy['connect']>>): Promise<void> {
  await client.sendSync({})
  await client.sendSync({})
  expect(await client.sendSync({}, 15)).toMatchObject({ code: 15 })
}
