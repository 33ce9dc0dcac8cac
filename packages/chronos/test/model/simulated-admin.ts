import {
  type CommittedOffset,
  type GroupLag,
  type GroupMember,
  type LogAdmin,
  type PartitionOffset,
  StorageError,
  type TimePoint,
  type TopicDescription,
  type TopicSpec,
  type TransactionSupport,
} from '@ddmq/storage'
import type { SimulatedBrokers } from './simulated-brokers.ts'
import type { SimulatedPartition } from './simulated-partition.ts'

const NAME = /^[a-zA-Z0-9._-]{1,249}$/

export class SimulatedAdmin implements LogAdmin {
  readonly #brokers: SimulatedBrokers
  readonly #ask: <Value>(work: () => Value | Promise<Value>) => Promise<Value>

  constructor(brokers: SimulatedBrokers, ask: <Value>(work: () => Value | Promise<Value>) => Promise<Value>) {
    this.#brokers = brokers
    this.#ask = ask
  }

  createTopic(spec: TopicSpec): Promise<TopicDescription> {
    return this.#ask(() => {
      if (!NAME.test(spec.topic) || spec.topic === '.' || spec.topic === '..') {
        throw new StorageError('invalid', `topic ${JSON.stringify(spec.topic)} is no name`)
      }
      checkCount(spec.partitions)
      checkLimits(spec)
      this.#brokers.createTopic(spec)
      return this.#described(spec.topic)
    })
  }

  setPartitionCount(topic: string, partitions: number): Promise<void> {
    return this.#ask(() => {
      checkCount(partitions)
      if (partitions < this.#brokers.topic(topic).length) {
        throw new StorageError('invalid', `topic ${topic}: partitions can only grow`)
      }
      this.#brokers.growTopic(topic, partitions)
    })
  }

  deleteTopic(topic: string): Promise<void> {
    return this.#ask(() => this.#brokers.deleteTopic(topic))
  }

  listTopics(): Promise<readonly string[]> {
    return this.#ask(() => this.#brokers.topicNames().toSorted())
  }

  describeTopic(topic: string): Promise<TopicDescription | undefined> {
    return this.#ask(() => (this.#brokers.topicNames().includes(topic) ? this.#described(topic) : undefined))
  }

  async describeTransactions(): Promise<TransactionSupport | undefined> {
    return undefined
  }

  offsets(topic: string, at: TimePoint): Promise<readonly PartitionOffset[]> {
    return this.#ask(() =>
      this.#brokers
        .topic(topic)
        .map(partition => ({ topic, partition: partition.id, offset: offsetOf(partition, at) })),
    )
  }

  listGroups(): Promise<readonly string[]> {
    return this.#ask(() => this.#brokers.groups.names())
  }

  committed(group: string, topic?: string): Promise<readonly CommittedOffset[]> {
    return this.#ask(() => this.#brokers.groups.committed(group, topic))
  }

  setCommitted(group: string, offsets: readonly CommittedOffset[]): Promise<void> {
    return this.#ask(() => this.#brokers.groups.setCommitted(group, offsets))
  }

  lag(group: string, topic: string): Promise<readonly GroupLag[]> {
    return this.#ask(() => {
      const committed = this.#brokers.groups.committed(group, topic)
      return this.#brokers.topic(topic).map(({ id, lastStableOffset: endOffset }) => {
        const committedOffset = committed.find(({ partition }) => partition === id)?.offset ?? -1
        const lag = endOffset - Math.max(0, committedOffset)
        return { topic, partition: id, committedOffset, endOffset, lag }
      })
    })
  }

  deleteGroup(group: string): Promise<void> {
    return this.#ask(() => this.#brokers.groups.delete(group))
  }

  members(group: string): Promise<readonly GroupMember[]> {
    return this.#ask(() =>
      this.#brokers.groups
        .members(group)
        .map(({ id, held }) => ({ memberId: id, assignment: [...held.values()] })),
    )
  }

  #described(topic: string): TopicDescription {
    const partitions = this.#brokers.topic(topic)
    const [first] = partitions
    if (first === undefined) throw new StorageError('unknownTopic', `topic ${topic} does not exist`)
    const { compacted = false, appendTime = false, ...rest } = first.topic
    return {
      ...rest,
      compacted,
      appendTime,
      deletes: !compacted,
      ...(compacted && { tombstoneRetentionMs: rest.tombstoneRetentionMs ?? DAY_MS }),
      partitions: partitions.length,
      partitionIds: partitions.map(({ id }) => id),
    }
  }
}

function offsetOf(partition: SimulatedPartition, at: TimePoint): number {
  if (at === 'earliest') return 0
  if (at !== 'latest') return partition.offsetAt(at.timeMs)
  return Math.min(partition.lastStableOffset, partition.staleEnd ?? partition.lastStableOffset)
}

const DAY_MS = 86_400_000

function checkCount(partitions: number): void {
  if (Number.isSafeInteger(partitions) && partitions >= 1) return
  throw new StorageError('invalid', `${partitions} partitions: not a whole number from 1 on`)
}

function checkLimits({
  retentionMs,
  retentionBytes,
  tombstoneRetentionMs,
  compacted = false,
}: TopicSpec): void {
  for (const limit of [retentionMs, retentionBytes, tombstoneRetentionMs]) {
    if (limit !== undefined && (!Number.isSafeInteger(limit) || limit < 1))
      throw new StorageError('invalid', `${limit} is not a whole number from 1 on`)
  }
  if (tombstoneRetentionMs !== undefined && !compacted)
    throw new StorageError('invalid', 'only a compacted topic keeps tombstones')
}
