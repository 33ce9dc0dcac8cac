import { randomUUID } from 'node:crypto'
import { MetricsRegistry, metricProblems } from '@ddmq/common/metrics'
import { kafkaSettingsSchema } from '@ddmq/storage/kafka'
import {
  eventually,
  type KafkaServers,
  kafkaMissing,
  serverPort,
  startKafka,
  testLogger,
} from '@ddmq/testkit'
import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKafka } from './kafka-cluster.ts'
import { appendTexts, readAll, record, texts } from './records.ts'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

describe.skipIf(missing !== undefined)(`start on Kafka${needs}`, () => {
  let kafka: KafkaServers

  beforeAll(async () => {
    kafka = await startKafka({ settings: { 'offsets.retention.minutes': '60' } })
  }, 120_000)

  afterAll(async () => {
    await kafka[Symbol.asyncDispose]()
  })

  test('resolves without a broker, says who cannot be reached, and works as soon as there is one', async () => {
    const [port, dead] = [await serverPort(), await serverPort()]
    const { log, lines } = testLogger()
    const metrics = new MetricsRegistry()
    const cluster = await openKafka(`127.0.0.1:${dead},127.0.0.1:${port}`, { log, metrics })
    const reachable = async () =>
      (await metrics.getSingleMetric('ddmq_kafka_reachable')?.get())?.values[0]?.value
    const warnings = () => lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg)

    expect(cluster.health()).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`127.0.0.1:${port}: connect`),
    })
    const [outcome] = await cluster.append([{ topic: 'any', partition: '0', records: [record('x')] }], {
      deadlineMs: 1_000,
    })
    expect(outcome).toMatchObject({ error: { kind: 'retriable' } })
    const [read] = await cluster.read(
      [{ topic: 'any', partition: '0', offset: 0 }],
      { maxBytes: 1, maxWaitMs: 0 },
      { deadlineMs: 1_000 },
    )
    expect(read?.error?.kind).toBe('retriable')
    expect(await reachable()).toBe(0)
    // One line for each address, however often it is tried.
    expect(warnings()).toEqual([
      `kafka cluster K_test: cannot reach 127.0.0.1:${dead}: connect ECONNREFUSED 127.0.0.1:${dead}; it is tried again`,
      `kafka cluster K_test: cannot reach 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}; it is tried again`,
    ])

    await using late = await startKafka({ ports: { client: [port] } })
    await eventually(() => expect(cluster.health()).toEqual({ ok: true }))
    await cluster.admin.createTopic({ topic: 'late', partitions: 1 })
    expect(await appendTexts(cluster, 'late', ['works'])).toBe(0)
    expect(late.bootstrapServers).toContain(`${port}`)
    expect(await reachable()).toBe(1)
    expect(metricProblems(metrics)).toEqual([])
    await cluster.stop()
  })

  test('stops while it is still trying to reach its cluster', async () => {
    const cluster = await openKafka(`127.0.0.1:${await serverPort()}`)

    await cluster.stop(AbortSignal.timeout(5_000))

    expect(cluster.health()).toMatchObject({ ok: false })
  })

  test('warns of brokers that forget the positions of idle groups too soon', async () => {
    const { log, lines } = testLogger()
    const cluster = await openKafka(kafka.bootstrapServers, { log })

    await eventually(() =>
      expect(lines.map(({ msg }) => msg).join()).toContain('offsets.retention.minutes is 60'),
    )
    await cluster.stop()
  })

  test('adopts topics as they are: their settings stay, also when partitions are added', async () => {
    const cluster = await openKafka(kafka.bootstrapServers)
    const admin = new Kafka({ brokers: [kafka.bootstrapServers], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    const topic = `adopted.${randomUUID()}`
    const own = {
      'retention.ms': '12345678',
      'max.message.bytes': '54321',
      'cleanup.policy': 'compact,delete',
    }
    const configEntries = Object.entries(own).map(([name, value]) => ({ name, value }))
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })

    await expect(
      cluster.admin.createTopic({ topic, partitions: 1, retentionMs: 1000 }),
    ).rejects.toMatchObject({
      kind: 'topicExists',
    })
    await cluster.admin.setPartitionCount(topic, 2)
    const described = await cluster.admin.describeTopic(topic)

    expect(described).toMatchObject({ partitions: 2, retentionMs: 12_345_678, compacted: true })
    const configNames = Object.keys(own)
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames }],
    })
    const now =
      resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]) ?? []
    expect(Object.fromEntries(now)).toEqual(own)
    await admin.disconnect()
    await cluster.stop()
  })

  test('sees partitions and topics that others add, without being told', async () => {
    const settings = { metadataRefreshMs: 300 }
    const cluster = await openKafka(kafka.bootstrapServers, { settings })
    const other = await openKafka(kafka.bootstrapServers)
    const topic = `grows.${randomUUID()}`
    await other.admin.createTopic({ topic, partitions: 1 })
    expect(await cluster.partitions(topic)).toEqual(['0'])

    await other.admin.setPartitionCount(topic, 2)

    await eventually(() => expect(cluster.partitions(topic)).toEqual(['0', '1']))
    await appendTexts(cluster, topic, ['there'], '1')
    expect(texts(await readAll(cluster, topic, '1'))).toEqual(['there'])
    await Promise.all([cluster.stop(), other.stop()])
  })
})

describe('settings of a Kafka cluster', () => {
  test.each([
    [{}, 'bootstrapServers'],
    [{ bootstrapServers: 'no-port' }, 'expected host:port'],
    [{ bootstrapServers: [] }, 'at least one host:port'],
    [{ bootstrapServers: 'a:1', retryBudgetMs: 59_999 }, 'retryBudgetMs'],
    [{ bootstrapServers: 'a:1', acks: 1 }, 'acks'],
    [{ bootstrapServers: 'a:1', sasl: { mechanism: 'GSSAPI' } }, 'mechanism'],
    [{ bootstrapServers: 'a:1', sasl: { mechanism: 'PLAIN', username: 'u' } }, 'password'],
    [{ bootstrapServers: 'a:1', sasl: { mechanism: 'OAUTHBEARER' } }, 'either token or tokenFile'],
    [{ bootstrapServers: 'a:1', tls: { certFile: 'c.pem' } }, 'certFile and keyFile together'],
    [{ bootstrapServers: 'a:1', compression: 'brotli' }, 'compression'],
  ])('%j is refused with the name of what is wrong', (settings, named) => {
    const { success, error } = kafkaSettingsSchema.safeParse(settings)

    expect(success).toBe(false)
    expect(JSON.stringify(error?.issues)).toContain(named)
  })

  test('takes brokers as a list or as text, with IPv6', () => {
    expect(parse('a.test:9092, [::1]:9093')).toEqual(['a.test:9092', '[::1]:9093'])
    expect(parse(['a:1'])).toEqual(['a:1'])
  })
})

function parse(bootstrapServers: unknown): readonly string[] {
  return kafkaSettingsSchema.parse({ bootstrapServers }).bootstrapServers
}
