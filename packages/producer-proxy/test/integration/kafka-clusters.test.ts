import { findError } from '@ddmq/common/errors'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import {
  eventually,
  isPortFree,
  type KafkaServers,
  kafkaMissing,
  serverPort,
  startKafka,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { kafkaEntry, type ProxyDocument } from '../documents.ts'
import { KafkaConnector, KafkaReader } from './kafka-connector.ts'
import { type TestClient, TestProxy } from './proxy-fixture.ts'

/** In name order: the newest, then 3.9. */
const BOTH = ['K_new', 'K_old']
const MIB = 2 ** 20

const reason = kafkaMissing()
const skipped = reason === undefined ? '' : ` (needs Kafka 4.x and 3.9: ${reason})`

/** The own document of a proxy that has these entries as its clusters. */
function documentOf(kafkaConfigurationMap: Readonly<Record<string, object>>): Partial<ProxyDocument> {
  const carrera = {
    embeddedConfigurationMap: undefined,
    useKafka: true,
    kafkaProducers: 1,
    kafkaConfigurationMap,
  }
  return { clusters: Object.keys(kafkaConfigurationMap), carrera }
}

async function bodiesIn(reader: KafkaReader, partition: string): Promise<string[]> {
  return (await reader.messages('t', partition)).map(({ body }) => body)
}

describe.skipIf(reason !== undefined)(`one proxy on two Kafka clusters${skipped}`, () => {
  let newest: KafkaServers
  let old: KafkaServers
  let readers: { newest: KafkaReader; old: KafkaReader }
  let proxy: TestProxy
  let client: TestClient
  const connector = new KafkaConnector()

  /** The own document, with the newest at another address if given. */
  function document(address = newest.bootstrapServers): Partial<ProxyDocument> {
    return documentOf({
      K_new: { ...kafkaEntry(address), maxMessageSize: 2 * MIB },
      K_old: { ...kafkaEntry(old.bootstrapServers), maxMessageSize: MIB / 2 },
    })
  }

  beforeAll(async () => {
    ;[newest, old] = await Promise.all([
      startKafka({ version: '4', proxied: true }),
      startKafka({ version: '3', proxied: true }),
    ])
    readers = {
      newest: await KafkaReader.at(newest.bootstrapServers),
      old: await KafkaReader.at(old.bootstrapServers),
    }
    for (const reader of [readers.newest, readers.old]) {
      await reader.createTopic('t', 4)
      await reader.createTopic('strong', 4)
    }
    await readers.newest.createTopic('n', 2)
    const topics = [
      { topic: 't', clusters: BOTH },
      { topic: 'n', clusters: ['K_new'] },
      { topic: 'strong', clusters: BOTH, change: { strongOrder: true } },
      { topic: 'missing', clusters: ['K_new'] },
    ]
    proxy = await TestProxy.prepare({ topics, connector })
    await proxy.putNode(document())
    await proxy.service.start()
    client = await proxy.connect()
  }, 120_000)
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    await readers?.newest[Symbol.asyncDispose]()
    await readers?.old[Symbol.asyncDispose]()
    await Promise.all([newest?.[Symbol.asyncDispose](), old?.[Symbol.asyncDispose]()])
  }, 60_000)

  it('PP-84 knows the partitions of every topic when it listens', () => {
    const clusters = [newest, old].map(({ bootstrapServers }) => connector.opened.get(bootstrapServers))
    expect(clusters.map(cluster => cluster?.partitions('t'))).toEqual([
      ['0', '1', '2', '3'],
      ['0', '1', '2', '3'],
    ])
  })

  it('PP-33 PP-34 PP-37 chooses cluster and partition by partitionId, and by the magnitude of a negative hash', async () => {
    expect(await client.sendSync({ partitionId: 3, body: 'three' })).toMatchObject({ code: 0 })
    expect(await client.sendSync({ partitionId: 6, body: 'six' })).toMatchObject({ code: 0 })
    expect(await client.sendSync({ partitionId: -1, hashId: -5, body: 'minus five' })).toMatchObject({
      code: 0,
    })
    expect(await bodiesIn(readers.old, '3')).toEqual(['three'])
    expect(await bodiesIn(readers.newest, '2')).toEqual(['six'])
    expect(await bodiesIn(readers.old, '1')).toEqual(['minus five'])
  })

  it('PP-38 no random hash fails, and both clusters get their part', async () => {
    const before = (await readers.old.bodies('t')).length
    const hashes = [...crypto.getRandomValues(new BigInt64Array(500))]
    const codes = await Promise.all(hashes.map(async hashId => (await client.sendSync({ hashId })).code))
    expect(new Set(codes)).toEqual(new Set([0]))
    const toOld = (await readers.old.bodies('t')).length - before
    expect(toOld).toBeGreaterThan(150)
    expect(toOld).toBeLessThan(350)
  })

  it('PP-39 PP-40 keeps trace, pressure and header properties, and tags, on both', async () => {
    const properties = new Map([
      ['traceId', 't-1'],
      ['spanId', 's-1'],
      ['isPressureTraffic', 'true'],
      ['carrera_headers', '{"a":"b"}'],
    ])
    for (const [reader, partitionId] of [
      [readers.newest, 0],
      [readers.old, 1],
    ] as const) {
      await client.sendSync({ partitionId, body: 'traced', properties, tags: 'paid' })
      const stored = (await reader.messages('t', String(partitionId))).find(({ body }) => body === 'traced')
      expect(stored).toEqual({ body: 'traced', tags: 'paid', properties })
    }
  })

  it('PP-20 limits bodies by the smaller limit of the two', async () => {
    const body = Buffer.alloc(0.75 * MIB)
    expect(await client.sendSync({ body })).toMatchObject({ code: 11 })
    expect(await client.sendSync({ topic: 'n', body })).toMatchObject({ code: 0 })
  })

  it('PP-29 answers 14 to a topic that the cluster does not have, and counts the drop', async () => {
    expect(await client.sendSync({ topic: 'missing' })).toMatchObject({ code: 14 })
    const labels = { topic: 'missing', reason: 'TOPIC_NOT_EXIST' }
    expect(await proxy.metric('ddmq_producer_proxy_dropped_messages_total', labels)).toBe(1)
  })

  it('PP-45 stores a batch over both clusters', async () => {
    const batch = Array.from({ length: 10 }, (_, index) => ({
      partitionId: index,
      body: `batched ${index}`,
    }))
    expect(await client.sendBatch(batch)).toMatchObject({ code: 0 })
    const stored = [...(await readers.newest.bodies('t')), ...(await readers.old.bodies('t'))]
    expect(stored.filter(body => body.startsWith('batched'))).toHaveLength(10)
  })

  it('PP-25 PP-26 answers 12 where the cluster is silent and fixed, and 0 from the other where it was left open', async () => {
    await old.broker(1).freeze()
    try {
      const [fixed, strong, well] = await Promise.all([proxy.connect(), proxy.connect(), proxy.connect()])
      // A signal takes effect when it does.
      await eventually(async () =>
        expect(await fixed.sendSync({ partitionId: 1 }, 200)).toMatchObject({ code: 12 }),
      )
      // 'a'.hashCode() is 97, odd: K_old.
      const inOrder = { partitionId: -2, topic: 'strong', key: 'a' }
      expect(await strong.sendSync(inOrder, 200)).toMatchObject({ code: 12 })
      expect(await well.sendSync({ topic: 'n' }, 10_000)).toMatchObject({ code: 0 })
      for (let sent = 0; sent < 10; sent++) {
        // A busy machine may need more than the 30 ms of a second attempt: that is 12, and the caller tries again.
        const anywhere = { partitionId: -2, body: `open ${sent}` }
        await eventually(async () => expect(await well.sendSync(anywhere, 200)).toMatchObject({ code: 0 }))
      }
      const stored = (await readers.newest.bodies('t')).filter(body => body.startsWith('open'))
      expect(new Set(stored).size).toBe(10)
      expect(await proxy.metric('ddmq_producer_proxy_second_attempts_total', { topic: 't' })).toBeGreaterThan(
        0,
      )
      expect(await proxy.metric('ddmq_producer_proxy_second_attempts_total', { topic: 'strong' })).toBe(0)
    } finally {
      old.broker(1).thaw()
    }
    await eventually(async () =>
      expect(await client.sendSync({ partitionId: 1 }, 10_000)).toMatchObject({ code: 0 }),
    )
  }, 60_000)

  /** As the proxy has it. */
  function opened({ bootstrapServers }: KafkaServers): KafkaCluster {
    const cluster = connector.opened.get(bootstrapServers)
    if (cluster === undefined) throw new Error('the proxy has not opened the cluster')
    return cluster
  }

  it('PP-27 answers 0, once, when the first attempt is acknowledged after the second began', async () => {
    const attempted: KafkaServers[] = []
    const spies = [newest, old].map(kafka => {
      const cluster = opened(kafka)
      const append = cluster.append.bind(cluster)
      return vi.spyOn(cluster, 'append').mockImplementation((appends, options) => {
        attempted.push(kafka)
        // The second begins: the first is answered, and nobody answers the second.
        if (attempted.length === 2) attempted[0]?.proxy(1).heal()
        return append(appends, options)
      })
    })
    try {
      // A busy machine may need more than the 30 ms of a second attempt: that is 12, and the caller tries again.
      await eventually(async () => {
        attempted.length = 0
        for (const kafka of [newest, old]) kafka.proxy(1).stall('toClient')
        const sent = client.sendSync({ partitionId: -2 }, 100)
        const { code } = await sent.finally(() => {
          for (const kafka of [newest, old]) kafka.proxy(1).heal()
        })
        expect({ code, attempts: attempted.length }).toEqual({ code: 0, attempts: 2 })
      }, 30_000)
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
    await eventually(async () =>
      expect(await client.sendSync({ topic: 'unknown' })).toMatchObject({ code: 13 }),
    )
  })

  it('PP-76 does not start without a document of its own', async () => {
    await using lone = await TestProxy.prepare({ topics: [], connector: new KafkaConnector() })
    const failure = await lone.service.start().catch((thrown: unknown) => thrown)
    expect(findError(failure, 'PRODUCER_PROXY_NODE_MISSING')?.message).toContain(`/pproxy/${lone.instance}`)
  })

  it('PP-83 listens on its own port, whatever port its document names, and says that they differ', async () => {
    const topics = [{ topic: 'n', clusters: ['K_new'] }]
    await using other = await TestProxy.prepare({ topics, connector: new KafkaConnector() })
    const documentPort = await serverPort()
    await other.putNode({ ...document(), port: documentPort })
    await other.service.start()

    expect(await (await other.connect()).sendSync({ topic: 'n' })).toMatchObject({ code: 0 })
    expect(await isPortFree(documentPort)).toBe(true)
    expect(other.logger.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', port: other.port, documentPort }),
    )
  })

  it('PP-77 refuses a document that names a Kafka cluster it does not list, and keeps the old one', async () => {
    await expect(proxy.putNode({ ...document(), clusters: ['K_new'] })).rejects.toThrow(/K_old/)
    expect(await client.sendSync({ partitionId: 1 })).toMatchObject({ code: 0 })
  })

  it('PP-81 moves to another address of the cluster while it is used, and every request is answered with 0', async () => {
    const senders = await Promise.all(Array.from({ length: 8 }, () => proxy.connect()))
    const moved = new AbortController()
    const codes: number[] = []
    const sending = senders.map(async sender => {
      while (!moved.signal.aborted) codes.push((await sender.sendSync({ topic: 'n', body: 'moving' })).code)
    })
    await eventually(() => expect(codes.length).toBeGreaterThan(50))
    const elsewhere = newest.bootstrapServers.replace('127.0.0.1', 'localhost')
    await proxy.putNode(document(elsewhere))
    await eventually(() => expect(connector.opened.has(elsewhere)).toBe(true))
    const atMove = codes.length
    await eventually(() => expect(codes.length).toBeGreaterThan(atMove + 50))
    moved.abort()
    await Promise.all(sending)
    expect(new Set(codes)).toEqual(new Set([0]))
    const stored = (await readers.newest.bodies('n')).filter(body => body === 'moving')
    expect(stored).toHaveLength(codes.length)
  }, 60_000)

  it('PP-81 stays where it is while the new address does not answer', async () => {
    await proxy.putNode(document('127.0.0.1:1'))
    expect(await client.sendSync({ topic: 'n' })).toMatchObject({ code: 0 })
    expect(proxy.service.health()).toMatchObject({
      ok: true,
      degraded: expect.stringMatching(
        /broker cluster K_new at 127\.0\.0\.1:1 is not connected: .*is used meanwhile/,
      ),
    })
    await proxy.putNode(document())
    await eventually(() => expect(proxy.service.health()).toEqual({ ok: true }))
  }, 60_000)

  it('PP-82 goes on while the config tree is away', async () => {
    await proxy.registry.stop()
    expect(await client.sendSync({ partitionId: 0 })).toMatchObject({ code: 0 })
    expect(await client.sendSync({ partitionId: 1 })).toMatchObject({ code: 0 })
    await proxy.registry.start()
  })

  it('PP-32 answers 21 for a cluster that is taken away, and goes on with the other', async () => {
    await proxy.putNode({ ...documentOf({ K_new: kafkaEntry(newest.bootstrapServers) }), clusters: BOTH })
    expect(await client.sendSync({ partitionId: 1 })).toMatchObject({ code: 21 })
    expect(await client.sendSync({ partitionId: 0 })).toMatchObject({ code: 0 })
    await proxy.putNode(document())
    await eventually(async () => expect(await client.sendSync({ partitionId: 1 })).toMatchObject({ code: 0 }))
  }, 60_000)
})

describe.skipIf(reason !== undefined)(`a proxy on three Kafka brokers${skipped}`, () => {
  it('PP-30 answers 10 while too few replicas are there, and stores what has time until they are back', async () => {
    await using kafka = await startKafka({ brokers: 3 })
    const { bootstrapServers } = kafka
    await using reader = await KafkaReader.at(bootstrapServers, { minInsyncReplicas: 3 })
    await reader.createTopic('t', 1)
    await using proxy = await TestProxy.prepare({
      topics: [{ topic: 't', clusters: ['K_three'] }],
      config: { engineWaitMs: 2_000 },
      connector: new KafkaConnector(),
    })
    await proxy.putNode(documentOf({ K_three: kafkaEntry(...bootstrapServers.split(',')) }))
    await proxy.service.start()
    const client = await proxy.connect()
    expect(await client.sendSync({ body: 'first' })).toMatchObject({ code: 0 })

    await kafka.broker(3).stop()
    // The one that was stopped may have led the partition, and may have stored what it was sent last.
    const busy = { code: 10, msg: expect.stringContaining('NOT_ENOUGH_REPLICAS') }
    await eventually(
      async () => expect(await client.sendSync({ body: 'busy' }, 300)).toMatchObject(busy),
      30_000,
    )
    // 12 when the time ends while a broker is just being asked again.
    for (const timeoutMs of [300, 1_000]) {
      await eventually(async () =>
        expect(await client.sendSync({ body: 'refused' }, timeoutMs)).toMatchObject(busy),
      )
    }
    await eventually(async () => expect(await client.sendBatch([{ body: 'refused' }])).toMatchObject(busy))
    const waiting = client.sendSync({ body: 'in time' }, 100_000)
    await kafka.start()

    expect(await waiting).toMatchObject({ code: 0 })
    const stored = (await reader.messages('t', '0')).map(({ body }) => body)
    expect(stored.filter(body => body !== 'busy')).toEqual(['first', 'in time'])
  }, 240_000)
})
