import type { Inventory, Subscription } from '../core/model.ts'
import type { AppContext } from './context.ts'
import { type PartitionRange, topicOffsets, unlessUnknown } from './describe-topics.ts'
import { logsOfTopic } from './find.ts'

interface GroupProgress {
  readonly group: string
  readonly topic: string
  readonly partition: string
  /** −1 when the group never committed in the partition. */
  readonly committedOffset: number
  readonly endOffset: number
  readonly lag: number
}

export interface Stats {
  readonly groups: readonly GroupProgress[]
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionRange[] }[]
}

/** How far every group has come, and how long every topic is. */
export async function readStats(app: AppContext): Promise<Stats> {
  const inventory = await app.store.inventory()
  const groups: GroupProgress[] = []
  for (const subscription of inventory.subscriptions) {
    groups.push(...(await subscriptionProgress(app, inventory, subscription)))
  }
  const topics = []
  for (const topic of inventory.topics) {
    topics.push({ topic: topic.name, partitions: await topicOffsets(app, inventory, topic) })
  }
  return { groups, topics }
}

async function subscriptionProgress(
  app: AppContext,
  inventory: Inventory,
  subscription: Subscription,
): Promise<readonly GroupProgress[]> {
  const group = inventory.groups.find(candidate => candidate.id === subscription.groupId)
  const topic = inventory.topics.find(candidate => candidate.id === subscription.topicId)
  if (group === undefined || topic === undefined) return []
  const rows: GroupProgress[] = []
  for (const { admin } of logsOfTopic(app.clusters, inventory, topic.id, subscription.clusterId)) {
    for (const at of await unlessUnknown(admin.lag(group.name, topic.name))) {
      const { partition, committedOffset, endOffset, lag } = at
      rows.push({ group: group.name, topic: topic.name, partition, committedOffset, endOffset, lag })
    }
  }
  return rows
}
