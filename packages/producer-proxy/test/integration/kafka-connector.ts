import { systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import { type ClusterConnector, decodeMessageHeaders, StorageError, type StoredRecord } from '@ddmq/storage'
import { delayTableSpec } from '@ddmq/storage/delay'
import { KafkaCluster, kafkaSettingsSchema } from '@ddmq/storage/kafka'

/** Of topics that a test makes. */
interface TopicDefaults {
  readonly minInsyncReplicas?: number
}

/** Connects to real Kafka clusters as a process of its own does, and remembers what it opened. */
export class KafkaConnector implements ClusterConnector {
  readonly opened = new Map<string, KafkaCluster>()

  connect(clusterName: string, entry: Parameters<ClusterConnector['connect']>[1]) {
    if (entry.engine !== 'kafka') throw new StorageError('invalid', 'only Kafka here')
    const { bootstrapServers = [] } = entry
    const cluster = kafka(clusterName, bootstrapServers)
    return {
      cluster,
      address: bootstrapServers.join(','),
      open: async (abort: AbortSignal) => {
        await cluster.start(abort)
        const health = cluster.health()
        if (!health.ok) {
          await cluster.stop()
          throw new StorageError('unavailable', health.reason)
        }
        this.opened.set(bootstrapServers.join(','), cluster)
      },
      close: (deadline: AbortSignal) => cluster.stop(deadline),
    }
  }
}

/** A client of its own, beside those of the proxy. */
export class KafkaReader implements AsyncDisposable {
  readonly #cluster: KafkaCluster

  private constructor(cluster: KafkaCluster) {
    this.#cluster = cluster
  }

  static async at(bootstrapServers: string, topicDefaults: TopicDefaults = {}): Promise<KafkaReader> {
    const cluster = kafka('reader', bootstrapServers.split(','), topicDefaults)
    await cluster.start()
    return new KafkaReader(cluster)
  }

  async createTopic(topic: string, partitions: number): Promise<void> {
    await this.#cluster.admin.createTopic({ topic, partitions })
  }

  async createDelayTable(innerTopicPrefix: string, partitions: number): Promise<void> {
    await this.#cluster.admin.createTopic(delayTableSpec(innerTopicPrefix, partitions))
  }

  /** Grows only. */
  async setPartitionCount(topic: string, partitions: number): Promise<void> {
    await this.#cluster.admin.setPartitionCount(topic, partitions)
  }

  /** Everything in one partition. */
  async records(topic: string, partition: string): Promise<readonly StoredRecord[]> {
    const [result] = await this.#cluster.read(
      [{ topic, partition, offset: 0 }],
      { maxBytes: 64 * 2 ** 20, maxWaitMs: 0 },
      { deadlineMs: 10_000 },
    )
    return result?.records ?? []
  }

  async messages(topic: string, partition: string) {
    const records = await this.records(topic, partition)
    return records.map(record => ({
      body: Buffer.from(record.value ?? []).toString(),
      ...decodeMessageHeaders(record.headers),
    }))
  }

  async bodies(topic: string): Promise<string[]> {
    const partitions = await this.#cluster.partitions(topic)
    const all = await Promise.all(partitions.map(partition => this.messages(topic, partition)))
    return all.flat().map(({ body }) => body)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.stop()
  }
}

function kafka(
  clusterName: string,
  bootstrapServers: readonly string[],
  topicDefaults: TopicDefaults = {},
): KafkaCluster {
  const log = createLogger({ level: 'silent', pretty: false })
  const settings = kafkaSettingsSchema.parse({ bootstrapServers, topicDefaults })
  return new KafkaCluster({ clusterName, settings, clock: systemClock, log })
}
