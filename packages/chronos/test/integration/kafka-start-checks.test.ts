import { delayTableTopic } from '@ddmq/storage/delay'
import {
  eventually,
  faultRounds,
  type KafkaServers,
  kafkaMissing,
  kafkaTool,
  startKafka,
  tempDir,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DelayScene, SHARDS } from './delay-scene.ts'
import { kafkaScene, SHORT_SESSIONS } from './kafka-scene.ts'

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka: ${missing})`
const TOPIC_TOOL = 'org.apache.kafka.tools.TopicCommand'
const SOUND = {
  'cleanup.policy': 'compact',
  'message.timestamp.type': 'LogAppendTime',
  'min.compaction.lag.ms': '60000',
}

/** A delay service that meets a table with these settings. */
async function started(
  kafka: KafkaServers,
  dir: string,
  { prefix, settings, table = {} }: { prefix: string; settings: Record<string, string>; table?: object },
): Promise<DelayScene> {
  const servers = ['--bootstrap-server', kafka.bootstrapServers]
  const configs = Object.entries(settings).flatMap(([name, value]) => ['--config', `${name}=${value}`])
  const topic = ['--topic', delayTableTopic(prefix), '--partitions', `${SHARDS}`]
  await kafkaTool(TOPIC_TOOL, [...servers, '--create', ...topic, ...configs])
  const scene = await kafkaScene({
    dir,
    bootstrapServers: kafka.bootstrapServers,
    innerTopicPrefix: prefix,
    config: { table: { demands: { replication: 1, minInsync: 1 }, ...table } },
  })
  return scene.start()
}

function said(scene: DelayScene, level: 'warn' | 'error'): readonly string[] {
  const lines = scene.lines.filter(line => line.level === level).map(({ msg }) => msg)
  return lines.filter(line => /of cluster R_test|^cluster R_test/.test(line))
}

describe.skipIf(missing !== undefined)(`what is checked of a table on Kafka${needs}`, async () => {
  let kafka: KafkaServers
  const dir = await tempDir()

  beforeAll(async () => {
    kafka = await startKafka({ settings: SHORT_SESSIONS })
  }, 120_000)
  afterAll(async () => {
    await kafka?.[Symbol.asyncDispose]()
    await dir[Symbol.asyncDispose]()
  })

  test('a table that deletes by age beside compaction, and has the times of senders, is not served', async () => {
    const settings = { 'cleanup.policy': 'compact,delete', 'min.compaction.lag.ms': '60000' }
    await using scene = await started(kafka, dir.path, { prefix: 'deleting_', settings })

    await eventually(() => expect(said(scene, 'error')).toHaveLength(1))
    expect(said(scene, 'error')[0]).toMatch(
      /^topic deleting_table of cluster R_test has cleanup\.policy=compact,delete, needs compact alone: .*; topic deleting_table of cluster R_test has message\.timestamp\.type=CreateTime, needs LogAppendTime: /,
    )
    expect(said(scene, 'warn')).toEqual([])
  })

  test('a table as it should be is served without a word, also where transactions were not used yet', async () => {
    await using scene = await started(kafka, dir.path, { prefix: 'sound_', settings: SOUND })

    const topic = await scene.topic()
    await scene.add(Date.now(), { topic, body: Buffer.from('x') })
    await eventually(async () => expect(await scene.bodies(topic)).toEqual(['x']))
    expect([...said(scene, 'error'), ...said(scene, 'warn')]).toEqual([])
  })

  test('transactions that are less safe than the table, and short times, are warned of', async () => {
    const settings = {
      ...SOUND,
      'min.insync.replicas': '2',
      'min.compaction.lag.ms': '0',
      'delete.retention.ms': '60000',
    }
    await using scene = await started(kafka, dir.path, { prefix: 'short_', settings })

    await eventually(() => expect(said(scene, 'warn')).toHaveLength(3))
    expect(said(scene, 'warn')).toEqual([
      expect.stringMatching(
        /^topic __transaction_state of cluster R_test has min\.insync\.replicas=1, topic short_table 2: /,
      ),
      expect.stringMatching(/^topic short_table .* has delete\.retention\.ms=60000, 3600000 or more /),
      expect.stringMatching(/^topic short_table .* has min\.compaction\.lag\.ms=0, 60000 or more /),
    ])
  })

  test('transactions with fewer copies than the operator insists on are a reason not to serve', async () => {
    const table = { demands: { replication: 2, minInsync: 1 }, require: true }
    await using scene = await started(kafka, dir.path, { prefix: 'strict_', settings: SOUND, table })

    await eventually(() => expect(said(scene, 'error')).toHaveLength(1))
    expect(said(scene, 'error')[0]).toMatch(
      /^topic strict_table of cluster R_test has 1 replicas, 2 are asked for: .*; topic __transaction_state of cluster R_test has 1 replicas, 2 are asked for: /,
    )
  })
})

describe.skipIf(missing !== undefined || faultRounds(0, 1) === 0)(
  `on a Kafka that is too old${needs}`,
  () => {
    test('brokers that may never end a transaction are warned of', { timeout: 180_000 }, async () => {
      await using dir = await tempDir()
      await using kafka = await startKafka({ version: '3.5' })
      await using scene = await started(kafka, dir.path, { prefix: 'old_', settings: SOUND })

      await eventually(() => expect(said(scene, 'warn')).toHaveLength(1))
      expect(said(scene, 'warn')[0]).toMatch(
        /^cluster R_test: broker 1 is older than Kafka 3\.6 \(metadata\.version 11, 12 or more is needed\): a transaction may never end/,
      )
    })
  },
)
