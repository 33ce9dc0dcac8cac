import { describeLogCluster, type LogClusterHarness } from '@ddmq/storage/conformance'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, type KafkaServers, type KafkaVersion, kafkaMissing, startKafka } from '@ddmq/testkit'
import { describe } from 'vitest'
import { openKafka } from './kafka-cluster.ts'

const RETENTION = { 'log.retention.check.interval.ms': '500', 'log.initial.task.delay.ms': '500' }

/** One real broker for the whole suite; it outlives the clusters that are opened over it. */
class KafkaHarness implements LogClusterHarness {
  readonly name: string
  readonly capabilities = {
    transactions: true,
    compaction: true,
    commitMetadata: true,
    offsetByTime: true,
    addPartitions: true,
  }
  readonly retentionStepBytes = 1_000_000
  readonly #version: KafkaVersion
  #servers: KafkaServers | undefined

  constructor(version: KafkaVersion) {
    this.#version = version
    this.name = version === '4' ? 'Kafka 4.x' : 'Kafka 3.9'
  }

  async open() {
    this.#servers = await startKafka({ version: this.#version, settings: RETENTION })
    return this.#connect()
  }

  async reopen(cluster: KafkaCluster) {
    await cluster.stop()
    return this.#connect()
  }

  async close(cluster: KafkaCluster) {
    await cluster.stop()
    await this.#servers?.[Symbol.asyncDispose]()
  }

  /** The brokers look twice a second here; it takes them two rounds to close the newest segment and to delete it. */
  async enforceRetention(cluster: KafkaCluster, topic: string) {
    await eventually(async () => {
      const { startOffset } = await cluster.identity(topic, '0')
      if (startOffset === 0) throw new Error('nothing was deleted')
    }, 60_000)
  }

  /** kill −9 of the broker, and all that it had not yet given to the disk is in the page cache. */
  async crash(cluster: KafkaCluster) {
    await this.#servers?.kill()
    await this.#servers?.start()
    await cluster.stop()
    return this.#connect()
  }

  async #connect() {
    return openKafka(this.#servers?.bootstrapServers ?? '')
  }
}

const reason = kafkaMissing()
for (const version of ['4', '3'] as const) {
  const engine = version === '4' ? 'Kafka 4.x' : 'Kafka 3.9'
  const needs = reason === undefined ? '' : ` (needs ${engine}: ${reason})`
  describe.skipIf(reason !== undefined)(`${engine}${needs}`, () => {
    describeLogCluster(new KafkaHarness(version))
  })
}
