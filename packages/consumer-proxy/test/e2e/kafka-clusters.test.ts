import { systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import type { CProxyConfig } from '@ddmq/common/registry'
import { type ClusterConnector, StorageError } from '@ddmq/storage'
import { KafkaCluster, kafkaSettingsSchema } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, kafkaMissing, startKafka, tempDir } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allOf, bodiesOf, type TestClient, TestProxy } from './proxy-fixture.ts'

const NEWEST = 'K'
/** Begins as the other does, with the separator of a qid inside. */
const OLD = 'K_0'

function kafka(clusterName: string, bootstrapServers: readonly string[]): KafkaCluster {
  const log = createLogger({ level: 'silent', pretty: false })
  const settings = kafkaSettingsSchema.parse({ bootstrapServers, sessionTimeoutMs: 6000 })
  return new KafkaCluster({ clusterName, settings, clock: systemClock, log })
}

const connector: ClusterConnector = {
  connect(clusterName, entry) {
    if (entry.engine !== 'kafka') throw new StorageError('invalid', 'only Kafka here')
    const { bootstrapServers = [] } = entry
    const cluster = kafka(clusterName, bootstrapServers)
    return {
      cluster,
      address: bootstrapServers.join(','),
      async open(abort) {
        await cluster.start(abort)
        const health = cluster.health()
        if (health.ok) return
        await cluster.stop()
        throw new StorageError('unavailable', health.reason)
      },
      close: deadline => cluster.stop(deadline),
    }
  },
}

const reason = kafkaMissing()
const skipped = reason === undefined ? '' : ` (needs Kafka 4.x and 3.9: ${reason})`

async function append(cluster: KafkaCluster, ...values: string[]): Promise<void> {
  const records = values.map(value => ({
    key: null,
    value: Buffer.from(value),
    headers: [],
    timestampMs: Date.now(),
  }))
  const [outcome] = await cluster.append([{ topic: 't', partition: '0', records }], { deadlineMs: 10_000 })
  if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new Error('no outcome')
}

async function committed(cluster: KafkaCluster): Promise<number[]> {
  return (await cluster.admin.committed('g', 't')).map(({ offset }) => offset)
}

describe.skipIf(reason !== undefined)(`a group on two Kafka clusters${skipped}`, () => {
  let newest: KafkaServers
  let old: KafkaServers
  let writers: { newest: KafkaCluster; old: KafkaCluster }
  let dir: Awaited<ReturnType<typeof tempDir>>
  let proxy: TestProxy
  let client: TestClient

  function node(...names: string[]): Partial<CProxyConfig> {
    const servers = new Map([
      [NEWEST, newest],
      [OLD, old],
    ])
    const kafkaConfigs = names.map(name => [
      name,
      {
        bootstrapServers: [servers.get(name)?.bootstrapServers ?? ''],
        autoCommitInterval: 1000,
        rebalanceMaxRetries: 8,
        partitionAssignmentStrategy: 'range' as const,
      },
    ])
    return {
      groups: ['g'],
      brokerClusters: names,
      embeddedConfigs: {},
      kafkaConfigs: Object.fromEntries(kafkaConfigs),
    }
  }

  /** Pulls and confirms until exactly these bodies came, in whatever order. */
  async function consume(...wanted: string[]): Promise<string[]> {
    const got: string[] = []
    await eventually(async () => {
      const response = await client.pull('g', { maxLingerTime: 500 })
      got.push(...bodiesOf(response))
      if (response.messages.length > 0) await client.submit(allOf(response))
      expect(got.toSorted()).toEqual(wanted.toSorted())
    }, 30_000)
    return got
  }

  beforeAll(async () => {
    ;[newest, old] = await Promise.all([startKafka({ version: '4' }), startKafka({ version: '3' })])
    writers = {
      newest: kafka('writer', [newest.bootstrapServers]),
      old: kafka('writer', [old.bootstrapServers]),
    }
    for (const cluster of [writers.newest, writers.old]) {
      await cluster.start()
      await cluster.admin.createTopic({ topic: 't', partitions: 1 })
    }
    dir = await tempDir()
    proxy = await TestProxy.start(dir.path, { drainMs: 1000 }, connector)
    client = await proxy.connect()
    const topics = [NEWEST, OLD].map(brokerCluster => ({ topic: 't', brokerCluster, maxPullBatchSize: 10 }))
    await proxy.registry.put('group', 'g', proxy.groupDocument('g', ...topics))
  }, 120_000)
  afterAll(async () => {
    await proxy?.stop()
    for (const cluster of [writers?.newest, writers?.old]) await cluster?.stop()
    await Promise.all([newest?.[Symbol.asyncDispose](), old?.[Symbol.asyncDispose]()])
    await dir?.[Symbol.asyncDispose]()
  }, 60_000)

  it('CP-1 CP-21 is one stream to clients, confirmed and counted in each cluster', async () => {
    await append(writers.newest, 'n0', 'n1')
    await append(writers.old, 'o0')
    await proxy.writeNode(node(NEWEST, OLD))
    await consume('n0', 'n1', 'o0')
    await eventually(async () => {
      expect(await committed(writers.newest)).toEqual([2])
      expect(await committed(writers.old)).toEqual([1])
    })
    const stats = await client.stats('g')
    expect(stats.map(({ consumeOffsets, produceOffsets }) => [consumeOffsets, produceOffsets])).toEqual([
      [new Map([['K_0', 2]]), new Map([['K_0', 2]])],
      [new Map([['K_0_0', 1]]), new Map([['K_0_0', 1]])],
    ])
  }, 60_000)

  it('lets a cluster go and takes it in again, without touching the other', async () => {
    const members = async () => (await writers.newest.admin.members('g')).map(({ memberId }) => memberId)
    const before = await members()
    expect(before).toHaveLength(1)
    await proxy.writeNode(node(NEWEST))
    expect(await writers.old.admin.members('g')).toEqual([])
    await append(writers.old, 'o1')
    await append(writers.newest, 'n2')
    await consume('n2')
    await proxy.writeNode(node(NEWEST, OLD))
    await consume('o1')
    expect(await members()).toEqual(before)
  }, 60_000)

  it('CP-21 serves one cluster while the other is frozen, and goes on with that when it is back', async () => {
    await old.broker(1).freeze()
    try {
      await append(writers.newest, 'n3', 'n4')
      await consume('n3', 'n4')
      const stats = await client.stats('g')
      expect(stats.map(({ produceOffsets }) => [...produceOffsets.keys()])).toEqual([['K_0']])
      await eventually(() => expect(proxy.health()).toHaveProperty('degraded'), 60_000)
    } finally {
      old.broker(1).thaw()
    }
    await append(writers.old, 'o2')
    await consume('o2')
    await eventually(() => expect(proxy.health()).toEqual({ ok: true }), 60_000)
  }, 180_000)
})
