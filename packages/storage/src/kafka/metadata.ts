/**
 * Which brokers there are, and who leads which partition.
 *
 * M1 `cached` answers from memory; everything else that is asked meanwhile shares one request.
 * M2 What is known is asked again regularly and after each failure, so added partitions, new leaders and new topics are
 *    seen. Of two answers about a partition the one with the higher leader epoch counts: a broker may lag behind.
 * M3 A topic that is missing is asked for again, at most a few times a second, whenever somebody wants it.
 */
import type { Clock } from '@ddmq/common/clock'
import type { metadataV10 } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import type { PartitionId } from '../port/record.ts'
import type { NodeAddress } from './connections.ts'
import { codeName, errorOfCode, isDenial, NO_ERROR } from './kafka-errors.ts'

export type NodeId = number

type Answer = metadataV10.MetadataResponse
type TopicAnswer = metadataV10.MetadataResponseTopic

export interface PartitionMetadata {
  readonly index: number
  /** −1 while there is none. */
  readonly leader: NodeId
  readonly leaderEpoch: number
  readonly replicas: readonly NodeId[]
}

export interface TopicMetadata {
  readonly name: string
  readonly topicId: string
  /** By index. */
  readonly partitions: readonly PartitionMetadata[]
  readonly partitionIds: readonly PartitionId[]
}

const MISSING_FOR_MS = 200
/** A topic that is missing and that nobody asked for is forgotten. */
const INTEREST_MS = 60_000

export class Metadata {
  readonly #request: (topics: readonly string[]) => Promise<Answer>
  readonly #clock: Clock
  readonly #topics = new Map<string, TopicMetadata>()
  /** Topics that are missing, or that we may not see: when that was learnt and when somebody asked last. */
  readonly #missing = new Map<string, { checkedMs: number; askedMs: number; code: number }>()
  readonly #listeners = new Set<() => void>()
  #nodes: ReadonlyMap<NodeId, NodeAddress> = new Map()
  #clusterId: string | undefined
  #controllerId = -1
  #underWay: Promise<void> | undefined
  #next: { readonly topics: Set<string>; readonly done: Promise<void> } | undefined

  constructor(request: (topics: readonly string[]) => Promise<Answer>, clock: Clock) {
    this.#request = request
    this.#clock = clock
  }

  get nodes(): ReadonlyMap<NodeId, NodeAddress> {
    return this.#nodes
  }

  get clusterId(): string | undefined {
    return this.#clusterId
  }

  get controllerId(): NodeId {
    return this.#controllerId
  }

  cached(topic: string): TopicMetadata | undefined {
    return this.#topics.get(topic)
  }

  /** Topics that were asked for and exist. */
  knownTopics(): readonly string[] {
    return [...this.#topics.keys()]
  }

  /** Rejects `unknownTopic`, or `retriable` when no broker answers. */
  async topic(name: string): Promise<TopicMetadata> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const nowMs = this.#clock.monotonicMs()
    const missing = this.#missing.get(name)
    if (missing !== undefined) missing.askedMs = nowMs
    if (missing === undefined || nowMs - missing.checkedMs >= MISSING_FOR_MS) await this.refresh([name])
    const found = this.#topics.get(name)
    if (found !== undefined) return found
    const { code } = this.#missing.get(name) ?? {}
    if (code !== undefined && isDenial(code)) throw errorOfCode(code, `topic ${name}`)
    throw new StorageError('unknownTopic', `topic ${name} does not exist`)
  }

  /** The topic of a partition, which may have been added a moment ago. Rejects `unknownTopic` when there is none. */
  async topicWith(name: string, partition: PartitionId): Promise<TopicMetadata> {
    const known = await this.topic(name)
    if (hasPartition(known, partition)) return known
    await this.refresh([name])
    const found = await this.topic(name)
    if (hasPartition(found, partition)) return found
    throw new StorageError('unknownTopic', `topic ${name} has no partition ${partition}`)
  }

  /** Asks for these topics and all that are known; rejects `retriable` when no broker answers. */
  refresh(topics: readonly string[] = []): Promise<void> {
    if (this.#underWay === undefined) return this.#begin(new Set(topics))
    if (this.#next === undefined) {
      const wanted = new Set<string>()
      const done = this.#underWay
        .catch(() => undefined)
        .then(() => {
          this.#next = undefined
          return this.#begin(wanted)
        })
      this.#next = { topics: wanted, done }
    }
    for (const topic of topics) this.#next.topics.add(topic)
    return this.#next.done
  }

  /** Called whenever partitions, leaders or the set of topics have changed. Returns how to stop it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** It was deleted, or is another one by now. */
  forget(topic: string): void {
    if (this.#topics.delete(topic)) this.#changed()
  }

  #begin(topics: Set<string>): Promise<void> {
    const underWay = this.#load(topics).finally(() => {
      if (this.#underWay === underWay) this.#underWay = undefined
    })
    this.#underWay = underWay
    return underWay
  }

  async #load(topics: Set<string>): Promise<void> {
    const nowMs = this.#clock.monotonicMs()
    for (const [name, { askedMs }] of this.#missing) {
      if (nowMs - askedMs > INTEREST_MS) this.#missing.delete(name)
    }
    const wanted = new Set([...topics, ...this.#topics.keys(), ...this.#missing.keys()])
    this.#take(await this.#request([...wanted]))
  }

  #take(answer: Answer): void {
    this.#nodes = new Map(answer.brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]))
    this.#clusterId = answer.clusterId ?? undefined
    this.#controllerId = answer.controllerId
    let changed = false
    for (const topic of answer.topics) if (this.#takeTopic(topic)) changed = true
    if (changed) this.#changed()
  }

  #takeTopic(answer: TopicAnswer): boolean {
    const name = answer.name ?? ''
    const nowMs = this.#clock.monotonicMs()
    const { errorCode: code } = answer
    if (code !== NO_ERROR) {
      if (codeName(code) === 'UNKNOWN_TOPIC_OR_PARTITION' || isDenial(code)) {
        const missing = this.#missing.get(name)
        this.#missing.set(name, { checkedMs: nowMs, askedMs: missing?.askedMs ?? nowMs, code })
        return this.#topics.delete(name)
      }
      return false
    }
    this.#missing.delete(name)
    const before = this.#topics.get(name)
    const after = toTopic(answer, before)
    if (before !== undefined && isSame(before, after)) return false
    this.#topics.set(name, after)
    return true
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}

export function hasPartition({ partitionIds }: TopicMetadata, partition: PartitionId): boolean {
  return partitionIds[Number(partition)] === partition
}

function toTopic(answer: TopicAnswer, before: TopicMetadata | undefined): TopicMetadata {
  const name = answer.name ?? ''
  const known = before?.topicId === answer.topicId ? before : undefined
  const partitions = answer.partitions
    .toSorted((a, b) => a.partitionIndex - b.partitionIndex)
    .map(({ partitionIndex: index, leaderId: leader, leaderEpoch, replicaNodes: replicas }) => {
      const older = known?.partitions[index]
      return older !== undefined && older.leaderEpoch > leaderEpoch
        ? older
        : { index, leader, leaderEpoch, replicas }
    })
  if (known !== undefined && known.partitions.length > partitions.length) return known
  const partitionIds =
    known?.partitions.length === partitions.length
      ? known.partitionIds
      : partitions.map(({ index }) => `${index}`)
  return { name, topicId: answer.topicId, partitions, partitionIds }
}

function isSame(before: TopicMetadata, after: TopicMetadata): boolean {
  return (
    before.topicId === after.topicId &&
    before.partitions.length === after.partitions.length &&
    before.partitions.every(({ leader, leaderEpoch }, index) => {
      const other = after.partitions[index]
      return other?.leader === leader && other.leaderEpoch === leaderEpoch
    })
  )
}
