import { randomUUID } from 'node:crypto'
import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { AppendBatcher, type LogCluster } from '@ddmq/storage'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, kafkaMissing, kafkaTool, startKafka } from '@ddmq/testkit'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKafka } from './kafka-cluster.ts'
import { appendTexts, CALL, readAll, record, texts } from './records.ts'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

describe.skipIf(missing !== undefined)(`appends to Kafka${needs}`, () => {
  let kafka: KafkaServers
  let cluster: KafkaCluster
  let metrics: MetricsRegistry

  beforeAll(async () => {
    kafka = await startKafka({ proxied: true })
    metrics = new MetricsRegistry()
    cluster = await openKafka(kafka.bootstrapServers, { metrics })
  }, 120_000)

  afterAll(async () => {
    await cluster.stop()
    await kafka[Symbol.asyncDispose]()
  })

  async function newTopic(partitions = 1): Promise<string> {
    const topic = `appends.${randomUUID()}`
    await cluster.admin.createTopic({ topic, partitions })
    return topic
  }

  async function total(what: string): Promise<number> {
    const value = await metrics.getSingleMetric(`ddmq_kafka_${what}_total`)?.get()
    return value?.values[0]?.value ?? 0
  }

  test('1,000 single sends at once over 8 partitions cost at most 4 requests', async () => {
    const topic = await newTopic(8)
    await appendTexts(cluster, topic, ['the leader is known'])
    const batcher = newBatcher(cluster)
    const before = { requests: await total('produce_requests'), records: await total('appended_records') }

    const values = Array.from({ length: 1000 }, (_, index) => `${index}`)
    const offsets = await Promise.all(
      values.map((value, index) => batcher.append(topic, `${index % 8}`, record(value), CALL)),
    )

    expect((await total('produce_requests')) - before.requests).toBeLessThanOrEqual(4)
    expect((await total('appended_records')) - before.records).toBe(1000)
    expect(new Set(offsets.map((offset, index) => `${index % 8}/${offset}`)).size).toBe(1000)
    const stored = await Promise.all(
      Array.from({ length: 8 }, (_, partition) => readAll(cluster, topic, `${partition}`)),
    )
    expect(stored.map(records => records.length).reduce((sum, count) => sum + count)).toBe(1001)
    await batcher.stop(AbortSignal.timeout(5_000))
  })

  test('an append is stored at consecutive offsets, also when others write the same partition', async () => {
    const topic = await newTopic()
    const other = await openKafka(kafka.bootstrapServers)
    const values = Array.from({ length: 50 }, (_, index) => `${index}`)
    const appends = Array.from({ length: 40 }, (_, round) => (round % 2 === 0 ? cluster : other))

    const offsets = await Promise.all(appends.map(async writer => appendTexts(writer, topic, values)))

    const stored = texts(await readAll(cluster, topic))
    expect(stored).toHaveLength(2000)
    for (const offset of offsets) expect(stored.slice(offset, offset + 50)).toEqual(values)
    await other.stop()
  })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'batches compressed by %s are read by us and by the Java consumer',
    async compression => {
      const topic = await newTopic()
      const writer = await openKafka(kafka.bootstrapServers, { settings: { compression } })
      const values = Array.from({ length: 300 }, (_, index) => `${compression} ${index}`)

      await appendTexts(writer, topic, values)

      expect(texts(await readAll(cluster, topic))).toEqual(values)
      expect(texts(await readAll(cluster, topic, '0', 150))).toEqual(values.slice(150))
      expect(await javaReads(kafka, topic, values.length)).toEqual(values)
      await writer.stop()
    },
  )

  test('stays within what a topic of others takes at once, which it learns from the brokers', async () => {
    const topic = `small.${randomUUID()}`
    const admin = new Kafka({ brokers: [kafka.bootstrapServers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const configEntries = [{ name: 'max.message.bytes', value: '20000' }]
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
    await admin.disconnect()
    await cluster.partitions(topic)
    await eventually(() => expect(cluster.maxAppendBytes(topic)).toBeLessThan(20_000))
    const batcher = newBatcher(cluster)

    const offsets = await Promise.all(
      Array.from({ length: 300 }, () => batcher.append(topic, '0', record('x'.repeat(1000)), CALL)),
    )

    expect(offsets).toEqual(Array.from({ length: 300 }, (_, index) => index))
    const [tooLarge] = await cluster.append(
      [{ topic, partition: '0', records: [record('x'.repeat(30_000))] }],
      CALL,
    )
    expect(tooLarge).toMatchObject({ error: { kind: 'tooLarge' } })
    await batcher.stop(AbortSignal.timeout(5_000))
  })

  test('one append that a broker refuses does not answer for others of its partition', async () => {
    const topic = `compact.${randomUUID()}`
    await cluster.admin.createTopic({ topic, partitions: 1, compacted: true })
    const key = Buffer.from('key')

    const outcomes = await cluster.append(
      [
        { topic, partition: '0', records: [record('before', { key })] },
        { topic, partition: '0', records: [record('no key')] },
        { topic, partition: '0', records: [record('after', { key })] },
      ],
      CALL,
    )

    expect(outcomes).toMatchObject([{ baseOffset: 0 }, { error: { kind: 'invalid' } }, { baseOffset: 1 }])
  })

  test('a record that no broker can have is retriable at its deadline, and is never stored later', async () => {
    const topic = await newTopic()
    await appendTexts(cluster, topic, ['first'])
    kafka.proxy(1).refuse()
    await eventually(() => expect(cluster.health()).toMatchObject({ ok: false }))

    const [refused] = await cluster.append([{ topic, partition: '0', records: [record('withdrawn')] }], {
      deadlineMs: 500,
    })
    kafka.proxy(1).heal()

    expect(refused).toMatchObject({ error: { kind: 'retriable' } })
    expect(await appendTexts(cluster, topic, ['last'])).toBe(1)
    expect(texts(await readAll(cluster, topic))).toEqual(['first', 'last'])
  })

  test('a record whose answer is lost is unknown at its deadline, stored at most once, and before what follows', async () => {
    const topic = await newTopic()
    await appendTexts(cluster, topic, ['first'])
    kafka.proxy(1).stall('toClient')

    const [unknown] = await cluster.append([{ topic, partition: '0', records: [record('unknown')] }], {
      deadlineMs: 2_000,
    })
    kafka.proxy(1).cut()
    kafka.proxy(1).heal()

    expect(unknown).toMatchObject({ error: { kind: 'outcomeUnknown' } })
    expect(await appendTexts(cluster, topic, ['last'])).toBe(2)
    expect(texts(await readAll(cluster, topic))).toEqual(['first', 'unknown', 'last'])
  })

  test('what a broker gets only after it was given up is refused, once the next was stored', async () => {
    const topic = await newTopic()
    await appendTexts(cluster, topic, ['first'])
    const direct = await openKafka(kafka.directServers)
    kafka.proxy(1).stall('toServer')

    const [unknown] = await cluster.append([{ topic, partition: '0', records: [record('late')] }], {
      deadlineMs: 2_000,
    })
    kafka.proxy(1).cut()
    kafka.proxy(1).heal()
    await appendTexts(cluster, topic, ['last'])

    expect(unknown).toMatchObject({ error: { kind: 'outcomeUnknown' } })
    expect(texts(await readAll(direct, topic))).toEqual(['first', 'last'])
    await direct.stop()
  })

  test('a read that waits goes on over a lost connection, and has the record that comes then', async () => {
    const topic = await newTopic()
    await appendTexts(cluster, topic, ['first'])
    const before = kafka.proxy(1).connections
    const reading = cluster.read(
      [{ topic, partition: '0', offset: 1 }],
      { maxBytes: 1_000_000, maxWaitMs: 20_000 },
      CALL,
    )
    // Its connection is there at the first, and has the request at the second.
    await eventually(() => expect(kafka.proxy(1).connections).toBeGreaterThan(before))
    for (let cut = 0; cut < 3; cut++) {
      await cluster.admin.listTopics()
      kafka.proxy(1).cut()
    }
    await appendTexts(cluster, topic, ['news'])

    const [result] = await reading
    expect(result?.error).toBeUndefined()
    expect(texts(result?.records ?? [])).toEqual(['news'])
  })

  test('takes a topic into use as soon as it exists', async () => {
    const topic = `later.${randomUUID()}`
    const [before] = await cluster.append([{ topic, partition: '0', records: [record('x')] }], CALL)
    expect(before).toMatchObject({ error: { kind: 'unknownTopic' } })
    await expect((async () => cluster.partitions(topic))()).rejects.toMatchObject({ kind: 'unknownTopic' })

    const other = await openKafka(kafka.bootstrapServers)
    await other.admin.createTopic({ topic, partitions: 2 })
    await other.stop()

    await eventually(async () => expect(await cluster.partitions(topic)).toEqual(['0', '1']))
    expect(cluster.partitions(topic)).toEqual(['0', '1'])
    expect(await appendTexts(cluster, topic, ['x'], '1')).toBe(0)
  })
})

function newBatcher(cluster: LogCluster): AppendBatcher {
  return new AppendBatcher({ cluster, clock: systemClock, budget: new ByteBudget(100_000_000) })
}

async function javaReads(kafka: KafkaServers, topic: string, count: number): Promise<readonly string[]> {
  const where = ['--bootstrap-server', kafka.directServers, '--topic', topic, '--from-beginning']
  const until = ['--max-messages', `${count}`, '--timeout-ms', '30000']
  const printed = await kafkaTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [...where, ...until])
  return printed.trim().split('\n').slice(0, count)
}
