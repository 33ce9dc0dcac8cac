import { type LogCluster, StorageError } from '@ddmq/storage'
import { delayDeadLetterTopic } from '@ddmq/storage/delay'

/** Where messages of one broker cluster go that can never be delivered: a topic that is made when the first one is needed. */
export class DeadLetters {
  readonly #cluster: LogCluster
  readonly #name: string

  constructor(cluster: LogCluster, innerTopicPrefix: string) {
    this.#cluster = cluster
    this.#name = delayDeadLetterTopic(innerTopicPrefix)
  }

  /** Its name, once it is there. */
  async topic(): Promise<string> {
    const { admin } = this.#cluster
    if ((await admin.describeTopic(this.#name)) !== undefined) return this.#name
    try {
      await admin.createTopic({ topic: this.#name, partitions: 1 })
    } catch (thrown) {
      if (!(thrown instanceof StorageError) || thrown.kind !== 'topicExists') throw thrown
    }
    return this.#name
  }
}
