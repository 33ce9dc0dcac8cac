import type { Inventory, Subscription } from '../core/model.ts'
import { askLogs } from './ask-logs.ts'
import type { AppContext } from './context.ts'
import { type PartitionRange, topicOffsets, unlessUnknown } from './describe-topics.ts'

interface GroupProgress {
  readonly group: string
  readonly topic: string
  readonly brokerCluster: string
  readonly partition: string
  /** −1 when the group never committed in the partition. */
  readonly committedOffset: number
  readonly endOffset: number
  readonly lag: number
}

export interface Stats {
  readonly groups: readonly GroupProgress[]
  /** Why rows are missing: broker clusters that do not answer. */
  readonly problems: readonly string[]
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionRange[] }[]
}

/** How far every group has come, and how long every topic is, in the broker clusters that answer. */
export async function readStats(app: AppContext): Promise<Stats> {
  const inventory = await app.store.inventory()
  const groups: GroupProgress[] = []
  const problems = new Set<string>()
  for (const subscription of inventory.subscriptions) {
    const progress = await subscriptionProgress(app, inventory, subscription)
    groups.push(...progress.answers.flat())
    for (const problem of progress.problems) problems.add(problem)
  }
  const topics = []
  for (const topic of inventory.topics) {
    topics.push({ topic: topic.name, partitions: await topicOffsets(app, inventory, topic) })
  }
  return { groups, topics, problems: [...problems] }
}

async function subscriptionProgress(app: AppContext, inventory: Inventory, subscription: Subscription) {
  const group = inventory.groups.find(candidate => candidate.id === subscription.groupId)
  const topic = inventory.topics.find(candidate => candidate.id === subscription.topicId)
  if (group === undefined || topic === undefined) return { answers: [], problems: [] }
  const place = { topicId: topic.id, clusterId: subscription.clusterId }
  return askLogs(app, inventory, place, async ({ admin, clusterName }): Promise<GroupProgress[]> => {
    const lags = await unlessUnknown(admin.lag(group.name, topic.name))
    return lags.map(({ partition, committedOffset, endOffset, lag }) => ({
      group: group.name,
      topic: topic.name,
      brokerCluster: clusterName,
      partition,
      committedOffset,
      endOffset,
      lag,
    }))
  })
}
