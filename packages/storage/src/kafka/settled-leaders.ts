import { settledBefore } from '@ddmq/common/async'
import { ListOffsetTimestamps, listOffsetsV7 } from '@platformatic/kafka'
import type { KafkaClient } from './kafka-client.ts'
import { NO_ERROR } from './kafka-errors.ts'
import type { TopicMetadata } from './metadata.ts'

const NO_REPLICA = -1
const READ_COMMITTED = 1

/**
 * Leaders that know how much of the log was acknowledged before they led.
 *
 * F4 A new leader has all acknowledged records, but learns only from its followers that they are, and answers fetches with
 *    an earlier end until then. Asked for the end itself it says so: once for each epoch it is asked.
 */
export class SettledLeaders {
  readonly #client: KafkaClient
  /** The last epoch that is settled, by partition. */
  readonly #epochs = new Map<string, number>()

  constructor(client: KafkaClient) {
    this.#client = client
  }

  has({ topicId, partitions }: TopicMetadata, index: number): boolean {
    return this.#epochs.get(`${topicId}/${index}`) === partitions[index]?.leaderEpoch
  }

  /** Asks the leader; answers whether it is settled. Never rejects. */
  async ask(topic: TopicMetadata, index: number, signal: AbortSignal): Promise<boolean> {
    const { leader = -1, leaderEpoch = -1 } = topic.partitions[index] ?? {}
    const partition = {
      partitionIndex: index,
      currentLeaderEpoch: leaderEpoch,
      timestamp: ListOffsetTimestamps.LATEST,
    }
    const asked = this.#client.callNode(leader, listOffsetsV7.api, NO_REPLICA, READ_COMMITTED, [
      { name: topic.name, partitions: [partition] },
    ])
    const answer = await settledBefore(signal, asked).catch(() => undefined)
    if (answer?.topics[0]?.partitions[0]?.errorCode !== NO_ERROR) return false
    this.#epochs.set(`${topic.topicId}/${index}`, leaderEpoch)
    return true
  }
}
