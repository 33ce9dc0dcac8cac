import type { KafkaClient } from './kafka-client.ts'
import type { NodeId, TopicMetadata } from './metadata.ts'

/** A leader is asked again now and then whether another replica is still the nearest. */
const VALID_MS = 60_000

/** Which broker a partition is read from: its leader, or the replica in the rack of this process that the leader named. */
export class ReplicaChoice {
  readonly #client: KafkaClient
  readonly #preferred = new Map<string, { readonly node: NodeId; readonly untilMs: number }>()

  constructor(client: KafkaClient) {
    this.#client = client
  }

  /** −1 when there is none now. */
  nodeOf(topic: TopicMetadata, index: number): NodeId {
    const key = `${topic.topicId}/${index}`
    const preferred = this.#preferred.get(key)
    if (preferred !== undefined) {
      const isValid = preferred.untilMs > this.#client.clock.monotonicMs()
      if (isValid && this.#client.metadata.nodes.has(preferred.node)) return preferred.node
      this.#preferred.delete(key)
    }
    return topic.partitions[index]?.leader ?? -1
  }

  prefer(topic: TopicMetadata, index: number, node: NodeId): void {
    const untilMs = this.#client.clock.monotonicMs() + VALID_MS
    this.#preferred.set(`${topic.topicId}/${index}`, { node, untilMs })
  }

  /** Back to the leader; answers whether that is another one than was read from. */
  forget(topic: TopicMetadata, index: number): boolean {
    return this.#preferred.delete(`${topic.topicId}/${index}`)
  }
}
