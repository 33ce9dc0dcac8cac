import { StorageError } from '../errors.ts'
import type { PartitionId } from '../port/record.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Topic } from './topic.ts'

/** The topics served now, by name and by number. */
export class Topics {
  readonly #byName = new Map<string, Topic>()
  readonly #byNumber = new Map<number, Topic>()

  add(topic: Topic): void {
    this.#byName.set(topic.name, topic)
    this.#byNumber.set(topic.number, topic)
  }

  /** Whoever still knows the topic sees that it is gone. */
  remove(topic: Topic): void {
    topic.deleted = true
    this.#byName.delete(topic.name)
    this.#byNumber.delete(topic.number)
    for (const log of topic.logs) log.wake()
  }

  all(): readonly Topic[] {
    return [...this.#byNumber.values()]
  }

  find(name: string): Topic | undefined {
    return this.#byName.get(name)
  }

  byNumber(topicNumber: number): Topic | undefined {
    return this.#byNumber.get(topicNumber)
  }

  /** Throws `unknownTopic`. */
  get(name: string): Topic {
    const topic = this.#byName.get(name)
    if (topic === undefined) throw new StorageError('unknownTopic', `topic ${name} does not exist`)
    return topic
  }

  /** Throws `unknownTopic` for the topic or the partition. */
  log(name: string, partition: PartitionId): PartitionLog {
    const topic = this.get(name)
    const log = topic.logs[Number(partition)]
    if (log === undefined || log.id !== partition) {
      throw new StorageError('unknownTopic', `topic ${name} has no partition ${partition}`)
    }
    return log
  }
}
