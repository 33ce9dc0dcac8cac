import type { LogCluster, PartitionOffset } from '@ddmq/storage'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'
import { logsOfTopic } from './find.ts'

export interface OffsetReset {
  readonly groupId: number
  readonly topicId: number
  readonly clusterId: number
  readonly to:
    | { readonly kind: 'latest' }
    | { readonly kind: 'time'; readonly timeMs: number }
    | { readonly kind: 'offset'; readonly qid: string; readonly offset: number }
}

/** Moves a disabled subscription whose consumers are gone (console.md §7.1). Nothing changes when it is refused. */
export async function resetOffset(app: AppContext, reset: OffsetReset): Promise<void> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    const subscription = inventory.subscriptions.find(
      sub =>
        sub.groupId === reset.groupId && sub.topicId === reset.topicId && sub.clusterId === reset.clusterId,
    )
    const group = inventory.groups.find(candidate => candidate.id === reset.groupId)
    const topic = inventory.topics.find(candidate => candidate.id === reset.topicId)
    if (subscription === undefined || group === undefined || topic === undefined) {
      throw new InvalidRequestError('subscription not found')
    }
    if (subscription.enabled) {
      throw new InvalidRequestError('Reset Offset require disable subscription first!')
    }
    for (const log of logsOfTopic(app.clusters, inventory, topic.id, reset.clusterId)) {
      await checkDisconnected(log, group.name, topic.name)
      const offsets = await targetOffsets(log, topic.name, reset.to)
      await log.admin.setCommitted(
        group.name,
        offsets.map(at => ({ ...at, metadata: '' })),
      )
    }
    app.log.info({ group: group.name, topic: topic.name, to: reset.to }, 'offsets reset')
  })
}

async function checkDisconnected(log: LogCluster, group: string, topic: string): Promise<void> {
  const members = await log.admin.members(group)
  if (!members.some(member => member.assignment.some(place => place.topic === topic))) return
  throw new InvalidRequestError(`the consumers of ${group} on ${topic} are still stopping; try again shortly`)
}

async function targetOffsets(
  log: LogCluster,
  topic: string,
  to: OffsetReset['to'],
): Promise<readonly PartitionOffset[]> {
  if (to.kind === 'latest') return log.admin.offsets(topic, 'latest')
  if (to.kind === 'time') return log.admin.offsets(topic, { timeMs: to.timeMs })
  const prefix = `${log.clusterName}_`
  const partition = to.qid.startsWith(prefix) ? to.qid.slice(prefix.length) : to.qid
  const ids = await log.partitions(topic)
  if (!ids.includes(partition)) throw new InvalidRequestError(`qid: ${to.qid} is no queue of ${topic}`)
  const end = (await log.admin.offsets(topic, 'latest')).find(at => at.partition === partition)?.offset ?? 0
  if (to.offset > end) {
    // A position beyond the end counts as lost, and the group would start again from the beginning.
    throw new InvalidRequestError(`offset: ${to.offset} is beyond the end ${end} of ${to.qid}`)
  }
  return [{ topic, partition, offset: to.offset }]
}
