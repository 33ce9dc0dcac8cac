import { describeLogCluster, type LogClusterHarness } from '@ddmq/storage/conformance'
import type { KafkaCluster } from '@ddmq/storage/kafka'
import { type KafkaServers, type KafkaVersion, kafkaMissing, startKafka } from '@ddmq/testkit'
import { describe } from 'vitest'
import { openKafka } from './kafka-cluster.ts'

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
  readonly #version: KafkaVersion
  #servers: KafkaServers | undefined

  constructor(version: KafkaVersion) {
    this.#version = version
    this.name = version === '4' ? 'Kafka 4.x' : 'Kafka 3.9'
  }

  async open() {
    this.#servers = await startKafka({ version: this.#version })
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
