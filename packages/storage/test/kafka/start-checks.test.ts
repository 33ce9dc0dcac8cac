import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '@ddmq/common/clock'
import { KafkaCluster, kafkaSettingsSchema } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, kafkaMissing, kafkaTool, startKafka, testLogger } from '@ddmq/testkit'
import {
  ConfigResourceTypes,
  Connection,
  IncrementalAlterConfigOperationTypes,
  incrementalAlterConfigsV1,
} from '@platformatic/kafka'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKafka } from './open-kafka.ts'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`
const CALL = { deadlineMs: 15_000 }
const TOPIC_TOOL = 'org.apache.kafka.tools.TopicCommand'

const systemMethods: Clock = {
  nowMs: () => systemClock.nowMs(),
  monotonicMs: () => systemClock.monotonicMs(),
  sleep: (ms, signal) => systemClock.sleep(ms, signal),
  schedule: (ms, callback) => systemClock.schedule(ms, callback),
}

describe.skipIf(missing !== undefined)(`what is checked of a Kafka cluster${needs}`, () => {
  let kafka: KafkaServers
  let clusterId = ''

  beforeAll(async () => {
    kafka = await startKafka({ settings: { 'auto.create.topics.enable': 'true', 'num.partitions': '3' } })
    const meta = await readFile(join(kafka.dir, '1', 'data', 'meta.properties'), 'utf8')
    clusterId = /^cluster\.id=(.+)$/m.exec(meta)?.[1] ?? ''
  }, 120_000)
  afterAll(() => kafka[Symbol.asyncDispose]())

  test('a cluster of another id is refused at start', async () => {
    const { log, lines } = testLogger()
    const cluster = new KafkaCluster({
      clusterName: 'R_a',
      settings: kafkaSettingsSchema.parse({
        bootstrapServers: kafka.bootstrapServers,
        require: { clusterId: 'AnotherClusterOfOurs-1' },
      }),
      clock: systemClock,
      log,
    })

    await expect(cluster.start()).rejects.toMatchObject({
      kind: 'invalid',
      message: expect.stringMatching(
        /^kafka cluster R_a: .*127\.0\.0\.1:\d+: it belongs to the cluster with the id \S+, not AnotherClusterOfOurs-1; nothing is written to it/,
      ),
    })
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })

  test('a cluster of the id that is required is taken', async () => {
    await using ours = await openKafka({ bootstrapServers: kafka.bootstrapServers, require: { clusterId } })
    expect(ours.cluster.health()).toEqual({ ok: true })
  })

  test('an address that leads to another cluster later is written nothing', async () => {
    await using first = await startKafka()
    await using ours = await openKafka({ bootstrapServers: first.bootstrapServers, metadataRefreshMs: 200 })
    await ours.cluster.admin.createTopic({ topic: 't', partitions: 1 })
    expect(await appendTo(ours.cluster, 't')).toEqual({ baseOffset: 0 })

    await first.kill()
    await using second = await startKafka({ ports: { client: [portOf(first.bootstrapServers)] } })
    await using theirs = await openKafka({ bootstrapServers: second.bootstrapServers })
    await theirs.cluster.admin.createTopic({ topic: 't', partitions: 1 })

    expect(await appendTo(ours.cluster, 't')).toMatchObject({ error: expect.any(Error) })
    await eventually(() =>
      expect(ours.cluster.health()).toMatchObject({
        reason: expect.stringMatching(/it belongs to the cluster with the id .*; nothing is written to it/),
      }),
    )
    expect(await theirs.cluster.admin.offsets('t', 'latest')).toMatchObject([{ offset: 0 }])
  }, 120_000)

  test('a topic with fewer replicas than required is written nothing, not even at first', async () => {
    await using lax = await openKafka({ bootstrapServers: kafka.bootstrapServers })
    await lax.cluster.admin.createTopic({ topic: 'thin', partitions: 1 })
    await using strict = await openKafka({
      bootstrapServers: kafka.bootstrapServers,
      require: { replicationFactor: 2, minInsyncReplicas: 2 },
    })
    await strict.cluster.partitions('thin')

    expect(await appendTo(strict.cluster, 'thin')).toMatchObject({
      error: {
        kind: 'unavailable',
        message:
          'topic thin has 1 replicas and min.insync.replicas 1; at least 2 and 2 are required, so nothing is written to it',
      },
    })
    const transactor = await strict.cluster.transactor('strict')
    const record = { key: null, value: Buffer.from('v'), headers: [], timestampMs: Date.now() }
    await expect(
      transactor.commit([{ topic: 'thin', partition: '0', records: [record] }], CALL),
    ).rejects.toThrow(/topic thin has 1 replicas/)
    await transactor.close()
    expect(await lax.cluster.admin.offsets('thin', 'latest')).toMatchObject([{ offset: 0 }])
    expect(strict.complaints().filter(({ msg }) => msg.includes('topic thin'))).toHaveLength(1)
    expect(await appendTo(lax.cluster, 'thin')).toEqual({ baseOffset: 0 })
  })

  test('a topic in use that loses what is required is warned of and written on', async () => {
    const minutes = { passed: 0 }
    const clock = { ...systemMethods, monotonicMs: () => systemClock.monotonicMs() + minutes.passed * 60_000 }
    const { log, lines } = testLogger()
    const cluster = new KafkaCluster({
      clusterName: 'R_use',
      settings: kafkaSettingsSchema.parse({
        bootstrapServers: kafka.bootstrapServers,
        require: { minInsyncReplicas: 2 },
        topicDefaults: { minInsyncReplicas: 2 },
        metadataRefreshMs: 200,
      }),
      clock,
      log,
    })
    await cluster.start()
    await cluster.admin.createTopic({ topic: 'loses', partitions: 1 })
    expect(await appendTo(cluster, 'loses')).toEqual({ baseOffset: 0 })
    await alterTopic(kafka, 'loses', { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' })

    minutes.passed = 10

    expect(await cluster.admin.describeTopic('loses')).toMatchObject({
      replication: { factor: 1, minInsync: 1, uncleanElection: true },
    })
    await eventually(() =>
      expect(lines.filter(({ level }) => level === 'warn').map(({ msg }) => msg)).toContain(
        'kafka cluster R_use: topic loses has 1 replicas and min.insync.replicas 1; at least 1 and 2 are required',
      ),
    )
    expect(await appendTo(cluster, 'loses')).toEqual({ baseOffset: 1 })
    await using lax = await openKafka({ bootstrapServers: kafka.bootstrapServers })
    await lax.cluster.partitions('loses')
    await eventually(() =>
      expect(lax.complaints().map(({ msg }) => msg)).toEqual([
        expect.stringMatching(/topic loses .*; unclean\.leader\.election\.enable is on, so a broker/),
      ]),
    )
    await cluster.stop()
  })

  test('a table with append time keeps what is replaced for a minute, another compacted topic does not', async () => {
    await using ours = await openKafka({ bootstrapServers: kafka.bootstrapServers })
    const spec = { partitions: 1, compacted: true, tombstoneRetentionMs: 7_200_000 }
    await ours.cluster.admin.createTopic({ topic: 'table', ...spec, appendTime: true })
    await ours.cluster.admin.createTopic({ topic: 'other', ...spec })
    const configsOf = (topic: string): Promise<string> =>
      kafkaTool(TOPIC_TOOL, ['--bootstrap-server', kafka.directServers, '--describe', '--topic', topic])

    const [table, other] = [await configsOf('table'), await configsOf('other')]

    for (const config of ['delete.retention.ms=7200000', 'cleanup.policy=compact']) {
      expect(table).toContain(config)
      expect(other).toContain(config)
    }
    expect(table).toContain('min.compaction.lag.ms=60000')
    expect(table).toContain('message.timestamp.type=LogAppendTime')
    expect(other).not.toMatch(/min\.compaction\.lag|timestamp\.type/)
  })

  test.each(['as it will be made', 'as it is'])('tells what transactions stand on, %s', async () => {
    await using ours = await openKafka({ bootstrapServers: kafka.bootstrapServers })

    expect(await ours.cluster.admin.describeTransactions()).toEqual({
      topic: '__transaction_state',
      replication: { factor: 1, minInsync: 1, uncleanElection: false },
    })
    await (await ours.cluster.transactor('first')).close()
  })

  test('no topic comes into being because we ask for it, though the brokers would create it', async () => {
    await using ours = await openKafka({ bootstrapServers: kafka.bootstrapServers })
    const { cluster } = ours

    await expect(cluster.partitions('absent')).rejects.toMatchObject({ kind: 'unknownTopic' })
    expect(await appendTo(cluster, 'absent')).toMatchObject({ error: { kind: 'unknownTopic' } })
    expect(await cluster.admin.describeTopic('absent')).toBeUndefined()
    await expect(cluster.admin.offsets('absent', 'latest')).rejects.toMatchObject({ kind: 'unknownTopic' })
    const nobody = { assigned: async () => undefined, revoked: async () => undefined, lost: () => undefined }
    const member = await cluster.join('for-absent', ['absent'], nobody)
    await eventually(async () => expect(await cluster.admin.members('for-absent')).toHaveLength(1))
    await member.leave(AbortSignal.timeout(10_000))

    expect(await cluster.admin.listTopics()).not.toContain('absent')
  })

  test('a topic that exists is used as it is', async () => {
    const servers = ['--bootstrap-server', kafka.directServers]
    const settings = {
      'max.message.bytes': '70000',
      'retention.ms': '123456789',
      'cleanup.policy': 'compact,delete',
      'min.insync.replicas': '1',
    }
    const configs = Object.entries(settings).flatMap(([name, value]) => ['--config', `${name}=${value}`])
    await kafkaTool(TOPIC_TOOL, [
      ...servers,
      '--create',
      '--topic',
      'adopted',
      '--partitions',
      '2',
      ...configs,
    ])
    const describeIt = () => kafkaTool(TOPIC_TOOL, [...servers, '--describe', '--topic', 'adopted'])
    const before = await describeIt()

    await using ours = await openKafka({
      bootstrapServers: kafka.bootstrapServers,
      topicDefaults: { maxMessageBytes: 2_000_000, minInsyncReplicas: 1 },
    })
    const { admin } = ours.cluster
    const key = Buffer.from('k')
    const record = { key, value: Buffer.from('v'), headers: [], timestampMs: Date.now() }
    const [outcome] = await ours.cluster.append(
      [{ topic: 'adopted', partition: '1', records: [record] }],
      CALL,
    )
    expect(outcome).toEqual({ baseOffset: 0 })
    await expect(admin.createTopic({ topic: 'adopted', partitions: 9 })).rejects.toMatchObject({
      kind: 'topicExists',
    })
    await admin.setCommitted('of-adopted', [{ topic: 'adopted', partition: '1', offset: 1, metadata: '' }])
    await admin.setPartitionCount('adopted', 2)

    expect(await admin.describeTopic('adopted')).toMatchObject({
      compacted: true,
      deletes: true,
      compactionLagMs: 0,
    })
    expect(await describeIt()).toBe(before)
  })
})

async function alterTopic(
  kafka: KafkaServers,
  topic: string,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const connection = new Connection('tester')
  const [host = '', port] = kafka.directServers.split(':')
  await connection.connect(host, Number(port))
  const configs = Object.entries(settings).map(([name, value]) => ({
    name,
    value,
    configOperation: IncrementalAlterConfigOperationTypes.SET,
  }))
  const resource = { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs }
  await incrementalAlterConfigsV1.api.async(connection, [resource], false)
  await connection.close()
}

async function appendTo(cluster: KafkaCluster, topic: string) {
  const record = { key: null, value: Buffer.from('v'), headers: [], timestampMs: Date.now() }
  const [outcome] = await cluster.append([{ topic, partition: '0', records: [record] }], CALL)
  return outcome
}

function portOf(server: string): number {
  return Number(server.slice(server.lastIndexOf(':') + 1))
}
