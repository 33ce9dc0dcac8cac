import { randomUUID } from 'node:crypto'
import { type KafkaServers, kafkaMissing, startKafka, tempDir, testLogger } from '@ddmq/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { describeDelivery } from './describe-delivery.ts'
import { kafkaScene, openKafka, SHORT_SESSIONS } from './kafka-scene.ts'

const INNER_TOPIC_PREFIX = 'R_test_chronos_inner_'
/** Of a batch, small so that a record that is too large is cheap. */
const MAX_MESSAGE_BYTES = 1_100_000
/** Of a batch with one record beside its key and value. */
const BATCH_BYTES = 61 + 16
const VERSIONS = process.env['DDMQ_TEST_FULL'] === '1' ? (['4', '3'] as const) : (['4'] as const)

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka: ${missing})`

describe.skipIf(missing !== undefined).each(VERSIONS)(`on Kafka %s${needs}`, async version => {
  let kafka: KafkaServers
  const dir = await tempDir()

  beforeAll(async () => {
    kafka = await startKafka({ version, settings: SHORT_SESSIONS })
  }, 120_000)
  afterAll(async () => {
    await kafka?.[Symbol.asyncDispose]()
    await dir[Symbol.asyncDispose]()
  })

  describeDelivery({
    async open() {
      const { bootstrapServers } = kafka
      const scene = await kafkaScene({
        dir: dir.path,
        bootstrapServers,
        innerTopicPrefix: INNER_TOPIC_PREFIX,
        topicDefaults: { maxMessageBytes: MAX_MESSAGE_BYTES },
      })
      return scene.start()
    },
    innerTopicPrefix: INNER_TOPIC_PREFIX,
    largestRecordBytes: MAX_MESSAGE_BYTES - BATCH_BYTES,
    async refusing() {
      const topic = `small.${randomUUID()}`
      const strict = openKafka(kafka.bootstrapServers, testLogger().log, { maxMessageBytes: 20_000 })
      await strict.start()
      await strict.admin.createTopic({ topic, partitions: 2 })
      await strict.stop()
      return { topic, body: Buffer.alloc(30_000) }
    },
  })
})
