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
  const counts = await Promise.all(logs.map(async log => (await log.partitions(topic.name)).length))
  return { topic: topic.name, partitions: counts.reduce((sum, count) => sum + count, 0) }
}

/** First offset held and next offset to be written, of every partition. */
export async function topicOffsets(
  app: AppContext,
  inventory: Inventory,
  topic: Topic,
): Promise<readonly PartitionRange[]> {
  const ranges: PartitionRange[] = []
  for (const { admin } of logsOfTopic(app.clusters, inventory, topic.id)) {
    const starts = await admin.offsets(topic.name, 'earliest')
    const ends = new Map((await admin.offsets(topic.name, 'latest')).map(at => [at.partition, at.offset]))
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
