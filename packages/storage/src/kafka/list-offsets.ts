import { ListOffsetTimestamps, listOffsetsV7 } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import type { PartitionOffset, TimePoint } from '../port/admin.ts'
import type { KafkaClient } from './kafka-client.ts'
import { codeName, errorOfCode, NO_ERROR } from './kafka-errors.ts'
import type { NodeId, PartitionMetadata } from './metadata.ts'

const ANY_EPOCH = -1
const NO_REPLICA = -1
/** Ends are those of what is committed: the last stable offset. */
const READ_COMMITTED = 1
/** Kafka's answer for a time after the last record. */
const NONE = -1n

/** The offset of that point in every partition of a topic. */
export async function offsetsOf(
  client: KafkaClient,
  topic: string,
  at: TimePoint,
  patienceMs?: number,
): Promise<readonly PartitionOffset[]> {
  const found = await offsetsAt(client, topic, { timestamp: timestampOf(at), patienceMs })
  const ends = [...found.values()].includes(NONE)
    ? await offsetsAt(client, topic, { timestamp: ListOffsetTimestamps.LATEST })
    : found
  return Array.from(found, ([index, offset]) => ({
    topic,
    partition: `${index}`,
    offset: Number(offset === NONE ? (ends.get(index) ?? 0n) : offset),
  })).toSorted((a, b) => Number(a.partition) - Number(b.partition))
}

/** The offset of that point in one partition. */
export async function offsetOfPartition(
  client: KafkaClient,
  topic: string,
  point: { readonly index: number; readonly at: 'earliest' | 'latest' },
): Promise<number> {
  const { index, at } = point
  const found = await offsetsAt(client, topic, { timestamp: timestampOf(at), only: index })
  return Number(found.get(index) ?? 0n)
}

function timestampOf(at: TimePoint): bigint {
  if (at === 'earliest') return ListOffsetTimestamps.EARLIEST
  if (at === 'latest') return ListOffsetTimestamps.LATEST
  return BigInt(Math.max(0, Math.floor(at.timeMs)))
}

interface Question {
  readonly timestamp: bigint
  /** Of this partition; absent: of all. */
  readonly only?: number
  readonly patienceMs?: number | undefined
}

async function offsetsAt(
  client: KafkaClient,
  topic: string,
  { timestamp, only, patienceMs }: Question,
): Promise<Map<number, bigint>> {
  const found = new Map<number, bigint>()
  const attempt = async (): Promise<void> => {
    const metadata = await client.metadata.topic(topic)
    const missing = metadata.partitions.filter(({ index }) => !found.has(index) && (only ?? index) === index)
    const results = await Promise.allSettled(
      Array.from(byLeader(missing), async ([leader, indexes]) =>
        takeOffsets(client, { topic, leader, indexes, timestamp }, found),
      ),
    )
    const failed = results.find(result => result.status === 'rejected')
    if (failed === undefined) return
    await client.metadata.refresh([topic])
    throw failed.reason
  }
  await client.persist(`offsets of topic ${topic}`, attempt, patienceMs)
  return found
}

function byLeader(partitions: readonly PartitionMetadata[]): Map<NodeId, number[]> {
  const byNode = new Map<NodeId, number[]>()
  for (const { index, leader } of partitions) {
    const indexes = byNode.get(leader)
    if (indexes === undefined) byNode.set(leader, [index])
    else indexes.push(index)
  }
  return byNode
}

async function takeOffsets(
  client: KafkaClient,
  question: {
    readonly topic: string
    readonly leader: NodeId
    readonly indexes: readonly number[]
    readonly timestamp: bigint
  },
  found: Map<number, bigint>,
): Promise<void> {
  const { topic, leader, indexes, timestamp } = question
  const partitions = indexes.map(partitionIndex => ({
    partitionIndex,
    currentLeaderEpoch: ANY_EPOCH,
    timestamp,
  }))
  const { topics } = await client.callNode(leader, listOffsetsV7.api, NO_REPLICA, READ_COMMITTED, [
    { name: topic, partitions },
  ])
  let failure: StorageError | undefined
  for (const { partitionIndex, errorCode, offset } of topics.flatMap(answer => answer.partitions)) {
    if (errorCode === NO_ERROR) found.set(partitionIndex, offset)
    else failure = offsetFailure(errorCode, topic, partitionIndex)
  }
  if (failure !== undefined) throw failure
}

/** A broker that does not know the partition is one that does not lead it (any more); the metadata say what is missing. */
function offsetFailure(code: number, topic: string, partition: number): StorageError {
  const what = `offset of topic ${topic} partition ${partition}`
  if (codeName(code) === 'UNKNOWN_TOPIC_OR_PARTITION')
    return new StorageError('retriable', `${what}: not there yet`)
  return errorOfCode(code, what)
}
