import { ProduceAcks, Producer } from '@platformatic/kafka'
import type { KafkaTopic } from '../servers/kafka-topic.ts'

const TIMEOUT_MS = 10_000

interface Waiting {
  readonly value: Buffer
  readonly acknowledged: () => void
}

/**
 * The Kafka client with as little around it as makes it fast: one batch in flight for all partitions, with everything that
 * came meanwhile; idempotent, acks=all. No deadlines, no memory limit, and the first error ends the process.
 */
export class GatheringProducer {
  readonly #producer: Producer
  readonly #topic: KafkaTopic
  #waiting: Waiting[] = []
  #isSending = false
  #partition = 0

  constructor(topic: KafkaTopic) {
    this.#topic = topic
    this.#producer = new Producer({
      clientId: 'ddmq-bench',
      bootstrapBrokers: topic.bootstrapServers.split(','),
      idempotent: true,
      acks: ProduceAcks.ALL,
      timeout: TIMEOUT_MS,
    })
  }

  send(value: Buffer, acknowledged: () => void): void {
    this.#waiting.push({ value, acknowledged })
    if (!this.#isSending) void this.#run()
  }

  async close(): Promise<void> {
    await this.#producer.close()
  }

  async #run(): Promise<void> {
    this.#isSending = true
    // Lets everything of the caller's turn join the first batch.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      const { topic, partitions } = this.#topic
      const messages = batch.map(({ value }) => {
        this.#partition = (this.#partition + 1) % partitions
        return { topic, value, partition: this.#partition }
      })
      await this.#producer.send({ messages })
      for (const { acknowledged } of batch) acknowledged()
    }
    this.#isSending = false
  }
}
