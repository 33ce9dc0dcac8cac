import { StorageError } from '@ddmq/storage'
import type { Inventory, Topic } from '../core/model.ts'
import type { AppContext } from './context.ts'
import { logsOfTopic } from './find.ts'

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

/** First offset held and next offset to be written, of every partition. */
export async function topicOffsets(
  app: AppContext,
  inventory: Inventory,
  topic: Topic,
): Promise<readonly PartitionRange[]> {
  const ranges: PartitionRange[] = []
  for (const { admin } of logsOfTopic(app.clusters, inventory, topic.id)) {
    const starts = await unlessUnknown(admin.offsets(topic.name, 'earliest'))
    const latest = await unlessUnknown(admin.offsets(topic.name, 'latest'))
    const ends = new Map(latest.map(at => [at.partition, at.offset]))
    for (const { partition, offset } of starts) {
      ranges.push({ partition, startOffset: offset, endOffset: ends.get(partition) ?? offset })
    }
  }
  return ranges
}

/** Names of the groups that subscribe to the topic, sorted. */
export function subscribersOf(inventory: Inventory, topic: Topic): readonly string[] {
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
