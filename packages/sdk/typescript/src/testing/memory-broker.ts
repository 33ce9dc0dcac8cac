import type { Message as WireMessage } from '@ddmq/common/idl'
import { MemoryDelays } from './memory-delays.ts'
import { MemoryGroup } from './memory-group.ts'
import type { StoredMessage } from './stored-message.ts'

interface MemoryTopic {
  readonly queues: readonly StoredMessage[][]
  nextQueue: number
}

/** Topics and groups of the test double. Every group reads every topic from its beginning. */
export class MemoryBroker {
  readonly sent: StoredMessage[] = []
  readonly delays = new MemoryDelays(wire => this.store(wire))
  readonly #topics = new Map<string, MemoryTopic>()
  readonly #groups = new Map<string, MemoryGroup>()
  readonly #partitions: number
  readonly #maxDeliveries: number

  constructor(partitions: number, maxDeliveries: number) {
    this.#partitions = partitions
    this.#maxDeliveries = maxDeliveries
  }

  store(wire: WireMessage): void {
    const name = wire.topic ?? ''
    const topic = this.#topicOf(name)
    const index = this.#queueIndex(topic, wire)
    const queue = topic.queues[index]
    if (queue === undefined) return
    const message: StoredMessage = {
      topic: name,
      qid: qidOf(name, index),
      offset: queue.length,
      key: wire.key ?? '',
      body: Uint8Array.from(wire.body ?? []),
      tags: wire.tags,
      properties: Object.fromEntries(wire.properties ?? []),
    }
    queue.push(message)
    this.sent.push(message)
    for (const group of this.#groups.values()) group.wake()
  }

  group(name: string): MemoryGroup {
    let group = this.#groups.get(name)
    if (group === undefined) {
      group = new MemoryGroup(name, this.#maxDeliveries)
      this.#groups.set(name, group)
      for (const [topic, { queues }] of this.#topics) addQueues(group, topic, queues)
    }
    return group
  }

  #topicOf(name: string): MemoryTopic {
    let topic = this.#topics.get(name)
    if (topic === undefined) {
      topic = { queues: Array.from({ length: this.#partitions }, () => []), nextQueue: 0 }
      this.#topics.set(name, topic)
      for (const group of this.#groups.values()) addQueues(group, name, topic.queues)
    }
    return topic
  }

  #queueIndex(topic: MemoryTopic, { partitionId, hashIdLow }: WireMessage): number {
    if (partitionId >= 0) return partitionId % this.#partitions
    if (partitionId === -1) return Math.abs(hashIdLow) % this.#partitions
    topic.nextQueue = (topic.nextQueue + 1) % this.#partitions
    return topic.nextQueue
  }
}

function addQueues(group: MemoryGroup, topic: string, queues: MemoryTopic['queues']): void {
  for (const [index, messages] of queues.entries()) group.addQueue(topic, qidOf(topic, index), messages)
}

/** Unique over all topics. */
function qidOf(topic: string, index: number): string {
  return `${topic}_${index}`
}
