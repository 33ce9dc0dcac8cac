import { systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import { delayTableSpec, delayTableTopic } from '@ddmq/storage/delay'
import { KafkaCluster, kafkaSettingsSchema } from '@ddmq/storage/kafka'
import { type KafkaServers, startKafka } from '@ddmq/testkit'

/** As the console makes it. */
export const SHARDS = 4
export const PARTITIONS = 8
const PREFIX = 'R_bench_'

/** A Kafka of its own, with a table of pending messages and a topic that they are delivered to. */
export class KafkaDelays implements AsyncDisposable {
  readonly cluster: KafkaCluster
  readonly table = delayTableTopic(PREFIX)
  readonly topic = 'later'
  readonly #kafka: KafkaServers

  private constructor(kafka: KafkaServers) {
    this.#kafka = kafka
    const { bootstrapServers } = kafka
    this.cluster = new KafkaCluster({
      clusterName: 'R_bench',
      settings: kafkaSettingsSchema.parse({ bootstrapServers }),
      clock: systemClock,
      log: createLogger({ level: 'error', pretty: false, destination: process.stderr }),
    })
  }

  static async start({
    brokers = 1,
    shards = SHARDS,
  }: {
    readonly brokers?: 1 | 3
    readonly shards?: number
  } = {}): Promise<KafkaDelays> {
    const delays = new KafkaDelays(await startKafka({ brokers }))
    try {
      await delays.cluster.start()
      const { admin } = delays.cluster
      await admin.createTopic(delayTableSpec(PREFIX, shards))
      await admin.createTopic({ topic: delays.topic, partitions: PARTITIONS })
      return delays
    } catch (thrown) {
      await delays[Symbol.asyncDispose]()
      throw thrown
    }
  }

  /** Where a delay service finds it. */
  get address(): { readonly bootstrapServers: string; readonly innerTopicPrefix: string } {
    return { bootstrapServers: this.#kafka.bootstrapServers, innerTopicPrefix: PREFIX }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop()
    await this.#kafka[Symbol.asyncDispose]()
  }
}
