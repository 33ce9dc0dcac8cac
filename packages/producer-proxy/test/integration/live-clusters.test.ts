import { eventually } from '@ddmq/testkit'
import { describe, expect, it } from 'vitest'
import { kafkaEntry, type ProxyDocument } from '../documents.ts'
import { type FixtureOptions, TestProxy } from './proxy-fixture.ts'

const BOTH = ['A', 'B']
const CONNECTED = 'ddmq_producer_proxy_broker_cluster_connected'
const FAILURES = 'ddmq_producer_proxy_broker_cluster_connect_failures_total'

/** Topics `a` and `b` on a cluster each, `t` on both. */
const TWO: FixtureOptions = {
  clusters: BOTH,
  topics: [
    { topic: 'a', clusters: ['A'] },
    { topic: 'b', clusters: ['B'] },
    { topic: 't', clusters: BOTH },
  ],
}

/** Cluster A at an address of a Kafka entry. */
function kafkaAt(address: string): Partial<ProxyDocument> {
  const kafkaConfigurationMap = { A: kafkaEntry(address) }
  return {
    clusters: ['A'],
    carrera: {
      embeddedConfigurationMap: undefined,
      useKafka: true,
      kafkaProducers: 1,
      kafkaConfigurationMap,
    },
  }
}

describe('topics on two clusters', () => {
  it('PP-20 limits bodies by the smaller limit of the two', async () => {
    const carrera = {
      embeddedConfigurationMap: {
        A: { clusterName: 'A', maxMessageSize: 2 ** 20 },
        B: { clusterName: 'B', maxMessageSize: 2 ** 21 },
      },
    }
    await using proxy = await TestProxy.start({ ...TWO, carrera })
    const client = await proxy.connect()
    const body = Buffer.alloc(1.5 * 2 ** 20)
    expect(await client.sendSync({ topic: 't', body })).toMatchObject({ code: 11 })
    expect(await client.sendSync({ topic: 'b', body })).toMatchObject({ code: 0 })
  })

  it('PP-25 sends to the other cluster when one is silent and the message left the cluster open', async () => {
    await using proxy = await TestProxy.start(TWO)
    const client = await proxy.connect()
    for (const name of BOTH) {
      const other = proxy.cluster(name === 'A' ? 'B' : 'A')
      proxy.cluster(name).onArrival = () => {
        if (other.arrived.length === 0) proxy.cluster(name).shutPartitions('0', '1', '2', '3')
      }
    }
    expect(await client.sendSync({ topic: 't', partitionId: -2 }, 100)).toMatchObject({ code: 0 })
    expect(BOTH.map(name => proxy.cluster(name).arrived.length)).toEqual([1, 1])
  })

  it('PP-27 sends nothing to the other cluster when the first attempt succeeds before its partitions are known', async () => {
    await using proxy = await TestProxy.start(TWO)
    const client = await proxy.connect()
    const known = Promise.withResolvers<void>()
    const chosen = Promise.withResolvers<'A' | 'B'>()
    for (const [name, otherName] of [
      ['A', 'B'],
      ['B', 'A'],
    ] as const) {
      proxy.cluster(name).onArrival = () => {
        proxy.cluster(name).shut()
        proxy.cluster(otherName).asked.clear()
        proxy.cluster(otherName).partitionsGate = known.promise
        proxy.cluster(name).onArrival = () => undefined
        chosen.resolve(name)
      }
    }
    const sending = client.sendSync({ topic: 't', partitionId: -2 }, 100)
    const name = await chosen.promise
    const [first, other] = [proxy.cluster(name), proxy.cluster(name === 'A' ? 'B' : 'A')]
    other.onArrival = () => undefined
    await eventually(() => expect(other.asked).toContain('t'))
    first.open()
    expect(await sending).toMatchObject({ code: 0 })
    known.resolve()
    // Comes after whatever the second attempt would have sent.
    expect(await client.sendSync({ topic: name === 'A' ? 'b' : 'a' })).toMatchObject({ code: 0 })
    expect(other.arrived).toHaveLength(1)
  })

  it('PP-25 keeps the cluster that the key chose', async () => {
    await using proxy = await TestProxy.start(TWO)
    const client = await proxy.connect()
    proxy.cluster('A').shut()
    // 'b'.hashCode() is 98, even: cluster A.
    expect(await client.sendSync({ topic: 't', partitionId: -2, key: 'b' }, 100)).toMatchObject({ code: 12 })
    expect(proxy.cluster('B').arrived).toEqual([])
    expect(proxy.cluster('A').arrived).toHaveLength(2)
  })

  it('PP-11 answers for one cluster while the other is silent', async () => {
    await using proxy = await TestProxy.start(TWO)
    const [silent, well] = await Promise.all([proxy.connect(), proxy.connect()])
    proxy.cluster('A').shut()
    let answered = 0
    const waiting = Array.from({ length: 50 }, async () => {
      const result = await silent.sendSync({ topic: 'a' }, 20_000)
      answered++
      return result
    })
    await eventually(() => expect(proxy.cluster('A').appendCalls).toBeGreaterThan(0))
    for (let sent = 0; sent < 50; sent++) {
      expect(await well.sendSync({ topic: 'b' }, 10_000)).toMatchObject({ code: 0 })
    }
    expect(answered).toBe(0)
    proxy.cluster('A').open()
    expect(new Set((await Promise.all(waiting)).map(({ code }) => code))).toEqual(new Set([0]))
  })
})

describe('clusters that come and go', () => {
  it('PP-84 asks for the partitions of every listed topic before it listens', async () => {
    await using proxy = await TestProxy.start(TWO)
    expect(BOTH.map(name => [...proxy.cluster(name).asked].toSorted())).toEqual([
      ['a', 't'],
      ['b', 't'],
    ])
  })

  it('PP-11 starts without a cluster it cannot reach, says so, and takes it in when it answers', async () => {
    await using proxy = await TestProxy.prepare(TWO)
    proxy.connector.refuse('B')
    await proxy.putNode()
    await proxy.service.start()
    const client = await proxy.connect()
    expect(await client.sendSync({ topic: 'a' })).toMatchObject({ code: 0 })
    const refused = await client.sendSync({ topic: 'b' })
    expect(refused).toMatchObject({ code: 10 })
    expect(refused.msg).toContain('broker cluster B is not connected')
    expect(await client.sendBatch([{ topic: 'b' }])).toMatchObject({ code: 10 })
    for (let sent = 0; sent < 20; sent++) {
      expect(await client.sendSync({ topic: 't', partitionId: -2 })).toMatchObject({ code: 0 })
    }
    expect(proxy.service.health()).toMatchObject({
      ok: true,
      degraded: expect.stringContaining('broker cluster B at B is not connected: connection refused'),
    })
    expect(await proxy.metric(CONNECTED, { cluster: 'B' })).toBe(0)
    expect(await proxy.metric(FAILURES, { cluster: 'B' })).toBeGreaterThan(0)
    proxy.connector.refuse('B', false)
    await eventually(async () => expect(await client.sendSync({ topic: 'b' })).toMatchObject({ code: 0 }))
    expect(proxy.service.health()).toEqual({ ok: true })
    expect(await proxy.metric(CONNECTED, { cluster: 'B' })).toBe(1)
  })

  it('PP-81 sends to the new addresses, and still answers what is in flight at the old ones', async () => {
    await using proxy = await TestProxy.prepare({
      topics: [{ topic: 't', clusters: ['A'] }],
      clusters: ['A'],
    })
    for (const address of ['old:1', 'new:1']) {
      const cluster = await proxy.connector.addStarted('A', address)
      await cluster.admin.createTopic({ topic: 't', partitions: 1 })
    }
    await proxy.putNode(kafkaAt('old:1'))
    await proxy.service.start()
    const [first, second, third] = await Promise.all([proxy.connect(), proxy.connect(), proxy.connect()])
    proxy.cluster('old:1').shut()
    const inFlight = first.sendSync({ body: 'old' }, 20_000)
    const inBatch = second.sendBatch([{ body: 'old batch' }])
    await eventually(() => expect(proxy.cluster('old:1').arrived).toHaveLength(2))
    await proxy.putNode(kafkaAt('new:1'))
    expect(await third.sendSync({ body: 'new' })).toMatchObject({ code: 0 })
    expect(await proxy.bodies('t', 'new:1')).toEqual(['new'])
    expect(proxy.connector.events).toEqual(['open old:1', 'open new:1'])
    proxy.cluster('old:1').open()
    expect(await Promise.all([inFlight, inBatch])).toMatchObject([{ code: 0 }, { code: 0 }])
    expect((await proxy.bodies('t', 'old:1')).toSorted()).toEqual(['old', 'old batch'])
    await eventually(() =>
      expect(proxy.connector.events).toEqual(['open old:1', 'open new:1', 'close old:1']),
    )
  })

  it('PP-81 keeps the old addresses until the new ones answer, and says which do not', async () => {
    await using proxy = await TestProxy.prepare({
      topics: [{ topic: 't', clusters: ['A'] }],
      clusters: ['A'],
    })
    for (const address of ['old:1', 'new:1']) {
      const cluster = await proxy.connector.addStarted('A', address)
      await cluster.admin.createTopic({ topic: 't', partitions: 1 })
    }
    proxy.connector.refuse('new:1')
    await proxy.putNode(kafkaAt('old:1'))
    await proxy.service.start()
    await proxy.putNode(kafkaAt('new:1'))
    const client = await proxy.connect()
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
    const reason = 'broker cluster A at new:1 is not connected: connection refused; old:1 is used meanwhile'
    expect(proxy.service.health()).toMatchObject({ ok: true, degraded: expect.stringContaining(reason) })
    proxy.connector.refuse('new:1', false)
    await eventually(() => expect(proxy.connector.events).toContain('close old:1'))
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
    expect(await proxy.bodies('t', 'new:1')).toHaveLength(1)
  })

  it('PP-32 answers 21 for a cluster that is taken away, after what is in flight in it', async () => {
    await using proxy = await TestProxy.start(TWO)
    const [first, client] = await Promise.all([proxy.connect(), proxy.connect()])
    proxy.cluster('B').shut()
    const inFlight = first.sendSync({ topic: 'b' }, 20_000)
    await eventually(() => expect(proxy.cluster('B').arrived).toHaveLength(1))
    await proxy.putNode({ clusters: ['A'] })
    expect(await client.sendSync({ topic: 'b' })).toMatchObject({ code: 21 })
    expect(await client.sendSync({ topic: 'a' })).toMatchObject({ code: 0 })
    proxy.cluster('B').open()
    expect(await inFlight).toMatchObject({ code: 0 })
    await eventually(() => expect(proxy.connector.events).toContain('close B'))
    expect(proxy.service.health()).toEqual({ ok: true })
  })

  it('serves a cluster that is added, without touching the one it has', async () => {
    await using proxy = await TestProxy.start({ topics: [{ topic: 'a', clusters: ['A'] }], clusters: ['A'] })
    const client = await proxy.connect()
    const added = await proxy.connector.addStarted('B')
    await added.admin.createTopic({ topic: 'b', partitions: 1 })
    await proxy.putTopic({ topic: 'b', clusters: ['B'] })
    await proxy.putNode({ clusters: BOTH, topics: ['a', 'b'] })
    expect(await client.sendSync({ topic: 'b' })).toMatchObject({ code: 0 })
    expect(await client.sendSync({ topic: 'a' })).toMatchObject({ code: 0 })
    expect(proxy.connector.events).toEqual(['open A', 'open B'])
  })

  it('PP-82 goes on with what it knows while the config tree is away', async () => {
    await using proxy = await TestProxy.start(TWO)
    const client = await proxy.connect()
    await proxy.registry.stop()
    for (const topic of ['a', 'b', 't']) expect(await client.sendSync({ topic })).toMatchObject({ code: 0 })
  })
})
