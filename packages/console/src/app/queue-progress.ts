import type { Inventory, Subscription } from '../core/model.ts'
import type { AppContext } from './context.ts'
import { unlessUnknown } from './describe-topics.ts'
import { logsOfTopic } from './find.ts'

export interface QueueProgress {
  readonly topic: string
  /** `<broker cluster>_<partition>` (console.md §7.2); `resetOffset` takes it back. */
  readonly qid: string
  /** −1 when the group never committed in the queue. */
  readonly consumeOffset: number
  /** First offset held; null when the log lost the queue meanwhile. */
  readonly minOffset: number | null
  /** Next offset to be written. */
  readonly maxOffset: number
  readonly lag: number
}

/** How far a subscription has come in every queue of its topic. */
export async function queueProgress(
  app: AppContext,
  inventory: Inventory,
  subscription: Subscription,
): Promise<readonly QueueProgress[]> {
  const group = inventory.groups.find(candidate => candidate.id === subscription.groupId)
  const topic = inventory.topics.find(candidate => candidate.id === subscription.topicId)
  if (group === undefined || topic === undefined) return []
  const rows: QueueProgress[] = []
  for (const { admin, clusterName } of logsOfTopic(
    app.clusters,
    inventory,
    topic.id,
    subscription.clusterId,
  )) {
    const earliest = await unlessUnknown(admin.offsets(topic.name, 'earliest'))
    const starts = new Map(earliest.map(at => [at.partition, at.offset]))
    for (const at of await unlessUnknown(admin.lag(group.name, topic.name))) {
      rows.push({
        topic: topic.name,
        qid: `${clusterName}_${at.partition}`,
        consumeOffset: at.committedOffset,
        minOffset: starts.get(at.partition) ?? null,
        maxOffset: at.endOffset,
        lag: at.lag,
      })
    }
  }
  return rows
}
