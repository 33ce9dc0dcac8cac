import {
  decodeConsumerProtocolAssignment,
  decodeConsumerProtocolSubscription,
  encodeConsumerProtocolAssignment,
  encodeConsumerProtocolSubscription,
} from '@platformatic/kafka'
import type { PartitionName } from '../assignment.ts'
import { nameOf, parseName, type Subscription } from './group-plan.ts'

/** Members of one group must agree on it: no other client has it, so none of those shares a group with us unnoticed. */
export const PROTOCOL_NAME = 'ddmq-cooperative'
/** Kafka's tools show members, topics and partitions of groups of this type. */
export const PROTOCOL_TYPE = 'consumer'

const SUBSCRIPTION_VERSION = 3
const ASSIGNMENT_VERSION = 3

/** `change` is another number when a member wants a new generation though it says nothing new. */
export function encodeSubscription(
  subscription: Omit<Subscription, 'memberId'>,
  { change, rack }: { readonly change: number; readonly rack: string | undefined },
): Buffer {
  return encodeConsumerProtocolSubscription({
    version: SUBSCRIPTION_VERSION,
    topics: [...subscription.topics],
    userData: JSON.stringify({ change, claims: subscription.claims, prefers: subscription.prefers }),
    ownedPartitions: byTopic(subscription.owned),
    generationId: subscription.generation,
    rackId: rack ?? null,
  })
}

/** What cannot be read is of a member that wants nothing. */
export function decodeSubscription(memberId: string, bytes: Buffer): Subscription {
  try {
    const { topics, userData, ownedPartitions, generationId } = decodeConsumerProtocolSubscription(bytes)
    return {
      memberId,
      topics,
      claims: listOf(userData, 'claims'),
      prefers: listOf(userData, 'prefers'),
      owned: namesOf(ownedPartitions ?? []),
      generation: generationId ?? -1,
    }
  } catch {
    return { memberId, topics: [], claims: [], prefers: [], owned: [], generation: -1 }
  }
}

export function encodeAssignment(names: readonly PartitionName[]): Buffer {
  return encodeConsumerProtocolAssignment({
    version: ASSIGNMENT_VERSION,
    assignedPartitions: byTopic(names),
    userData: Buffer.alloc(0),
  })
}

export function decodeAssignment(bytes: Buffer): readonly PartitionName[] {
  return namesOf(decodeConsumerProtocolAssignment(bytes).assignedPartitions)
}

interface TopicPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

function byTopic(names: readonly PartitionName[]): { topic: string; partitions: number[] }[] {
  const topics = Map.groupBy(names, name => parseName(name).topic)
  return [...topics].map(([topic, own]) => ({
    topic,
    partitions: own.map(name => Number(parseName(name).partition)),
  }))
}

function namesOf(topics: readonly TopicPartitions[]): readonly PartitionName[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map(partition => nameOf(topic, partition)))
}

/** Empty where a member of an older version does not say it. */
function listOf(
  userData: Buffer | string | null | undefined,
  member: 'claims' | 'prefers',
): readonly PartitionName[] {
  const parsed: unknown = JSON.parse(String(userData ?? '{}') || '{}')
  const names: unknown = parsed !== null && typeof parsed === 'object' ? Reflect.get(parsed, member) : []
  return Array.isArray(names) ? names.filter(name => typeof name === 'string') : []
}
