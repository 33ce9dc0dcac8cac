import { metricProblems } from '@ddmq/common/metrics'
import { eventually } from '@ddmq/testkit'
import { describe, expect, it } from 'vitest'
import { producerProxyConfigSchema } from '../../src/index.ts'
import { TestProxy } from './proxy-fixture.ts'

describe('operation of the proxy', () => {
  it('PP-85 answers 100 requests in flight when it is stopped, and refuses new ones with 20', async () => {
    await using proxy = await TestProxy.start({ topics: [{ topic: 't' }] })
    const clients = await Promise.all(Array.from({ length: 10 }, () => proxy.connect()))
    proxy.cluster().shut()
    const inFlight = clients.flatMap(client => Array.from({ length: 10 }, () => client.sendSync({}, 20_000)))
    const labels = { method: 'sendSync' }
    await eventually(async () =>
      expect(await proxy.metric('ddmq_producer_proxy_inflight_requests', labels)).toBe(100),
    )
    const stopping = proxy.service.stop()
    const late = await Promise.all([clients[0]?.sendSync({}), openAfterRefusal(proxy)])
    expect((await Promise.all(inFlight)).map(result => result.code)).toEqual(Array(100).fill(0))
    expect(late[0]).toMatchObject({ code: 20 })
    await stopping
    await expect(proxy.connect()).rejects.toMatchObject({ code: expect.stringContaining('WIRE_') })
    expect(await proxy.bodies('t')).toHaveLength(100)
  })

  it('PP-86 counts 1000 successful messages as 1000, by topic and result', async () => {
    await using proxy = await TestProxy.start({ topics: [{ topic: 't' }] })
    const client = await proxy.connect()
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 50 }, () => client.sendSync({})))
    }
    expect(await proxy.metric('ddmq_producer_proxy_messages_total', { topic: 't', result: 'OK' })).toBe(1_000)
    const requests = { method: 'sendSync', result: 'OK' }
    expect(await proxy.metric('ddmq_producer_proxy_requests_total', requests)).toBe(1_000)
  })

  it('counts topics beyond the cap as other, and topics it does not serve as unserved', async () => {
    await using proxy = await TestProxy.start({
      topics: [{ topic: 't' }],
      config: { maxTopicSeries: 1 },
    })
    // Later than the other, which has the one series by then.
    await proxy.cluster().admin.createTopic({ topic: 'u', partitions: 1 })
    await proxy.putTopic({ topic: 'u' })
    await proxy.putNode({ topics: ['t', 'u'] })
    const client = await proxy.connect()
    for (const topic of ['t', 'u', 'nowhere', 'nowhere else']) await client.sendSync({ topic })
    const messages = 'ddmq_producer_proxy_messages_total'
    const counts = await Promise.all([
      proxy.metric(messages, { topic: 't', result: 'OK' }),
      proxy.metric(messages, { topic: 'other', result: 'OK' }),
      proxy.metric(messages, { topic: 'unserved', result: 'FAIL_TOPIC_NOT_ALLOWED' }),
    ])
    expect(counts).toEqual([1, 1, 2])
  })

  it('names its metrics by the rules', async () => {
    await using proxy = await TestProxy.start({ topics: [] })
    expect(metricProblems(proxy.metrics)).toEqual([])
  })

  it('describes every key of its configuration', () => {
    const { shape } = producerProxyConfigSchema
    expect(Object.entries(shape).filter(([, schema]) => schema.description === undefined)).toEqual([])
    expect(() => producerProxyConfigSchema.parse({ prot: 1 })).toThrow(/prot/)
  })
})

/** Opens the gate when the request that came during the drain has its answer, which waits for those before it. */
async function openAfterRefusal(proxy: TestProxy): Promise<void> {
  const refused = { method: 'sendSync', result: 'FAIL_SERVER_SHUTDOWN' }
  await eventually(async () =>
    expect(await proxy.metric('ddmq_producer_proxy_requests_total', refused)).toBe(1),
  )
  proxy.cluster().open()
}
