import { type LogCluster, StorageError } from '@ddmq/storage'
import type { Inventory, Topic } from '../core/model.ts'
import type { AppContext } from './context.ts'
import { findTopic, logsOfTopic, logThatHas } from './find.ts'

export interface TopicSummary {
  readonly topic: string
  readonly partitions: number
}

export interface PartitionRange {
  readonly partition: string
  readonly startOffset: number
  readonly endOffset: number
}

export async function topicSummary(
  app: AppContext,
  inventory: Inventory,
  topic: Topic,
): Promise<TopicSummary> {
  const logs = logsOfTopic(app.clusters, inventory, topic.id)
  let partitions = 0
  for (const { admin } of logs) {
    partitions += (await admin.describeTopic(topic.name))?.partitions ?? 0
  }
  return { topic: topic.name, partitions }
}

export interface TopicDetails extends TopicSummary {
  /** Absent for a topic that is in a log only. */
  readonly tps?: number | undefined
  readonly description: string
  readonly offsets: readonly PartitionRange[]
  readonly groups: readonly string[]
}

/** Everything about one topic; one that services made for themselves, such as dead letters, has no more than offsets. */
export async function describeTopic(app: AppContext, name: string): Promise<TopicDetails> {
  const inventory = await app.store.inventory()
  if (inventory.topics.every(topic => topic.name !== name)) {
    const log = await logThatHas(app.clusters, name)
    if (log !== undefined) {
      const offsets = await offsetsIn([log], name)
      return { topic: name, partitions: offsets.length, description: '', offsets, groups: [] }
    }
  }
  const topic = findTopic(inventory, name)
  return {
    ...(await topicSummary(app, inventory, topic)),
    tps: inventory.confs.find(conf => conf.topicId === topic.id)?.produceTps,
    description: topic.description,
    offsets: await topicOffsets(app, inventory, topic),
    groups: subscribersOf(inventory, topic),
  }
}

/** First offset held and next offset to be written, of every partition. */
export function topicOffsets(
  app: AppContext,
  inventory: Inventory,
  topic: Topic,
): Promise<readonly PartitionRange[]> {
  return offsetsIn(logsOfTopic(app.clusters, inventory, topic.id), topic.name)
}

async function offsetsIn(logs: readonly LogCluster[], topic: string): Promise<readonly PartitionRange[]> {
  const ranges: PartitionRange[] = []
  for (const { admin } of logs) {
    const starts = await unlessUnknown(admin.offsets(topic, 'earliest'))
    const latest = await unlessUnknown(admin.offsets(topic, 'latest'))
    const ends = new Map(latest.map(at => [at.partition, at.offset]))
    for (const { partition, offset } of starts) {
      ranges.push({ partition, startOffset: offset, endOffset: ends.get(partition) ?? offset })
    }
  }
  return ranges
}

/** Names of the groups that subscribe to the topic, sorted. */
function subscribersOf(inventory: Inventory, topic: Topic): readonly string[] {
  const ids = new Set(inventory.subscriptions.filter(sub => sub.topicId === topic.id).map(sub => sub.groupId))
  return inventory.groups
    .filter(group => ids.has(group.id))
    .map(group => group.name)
    .toSorted()
}

/** Names of the topics the group subscribes to, sorted. */
export function topicsOfGroup(inventory: Inventory, groupId: number): readonly string[] {
  const ids = new Set(inventory.subscriptions.filter(sub => sub.groupId === groupId).map(sub => sub.topicId))
  return inventory.topics
    .filter(topic => ids.has(topic.id))
    .map(topic => topic.name)
    .toSorted()
}

/** Rows about a topic; none when the log has lost the topic, so that one such topic does not hide the others. */
export async function unlessUnknown<Row>(rows: Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await rows
  } catch (thrown) {
    if (thrown instanceof StorageError && thrown.kind === 'unknownTopic') return []
    throw thrown
  }
}
