import type { Inventory, Subscription } from '../core/model.ts'
import { askLogs } from './ask-logs.ts'
import type { AppContext } from './context.ts'
import { unlessUnknown } from './describe-topics.ts'

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

/** How far a subscription has come in every queue of its topic, in the broker clusters that answer. */
export async function queueProgress(
  app: AppContext,
  inventory: Inventory,
  subscription: Subscription,
): Promise<readonly QueueProgress[]> {
  const group = inventory.groups.find(candidate => candidate.id === subscription.groupId)
  const topic = inventory.topics.find(candidate => candidate.id === subscription.topicId)
  if (group === undefined || topic === undefined) return []
  const place = { topicId: topic.id, clusterId: subscription.clusterId }
  const { answers } = await askLogs(app, inventory, place, async ({ admin, clusterName }) => {
    const earliest = await unlessUnknown(admin.offsets(topic.name, 'earliest'))
    const starts = new Map(earliest.map(at => [at.partition, at.offset]))
    const lags = await unlessUnknown(admin.lag(group.name, topic.name))
    return lags.map(
      (at): QueueProgress => ({
        topic: topic.name,
        qid: `${clusterName}_${at.partition}`,
        consumeOffset: at.committedOffset,
        minOffset: starts.get(at.partition) ?? null,
        maxOffset: at.endOffset,
        lag: at.lag,
      }),
    )
  })
  return answers.flat()
}
