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
    const logs = logsOfTopic(app.clusters, inventory, topic.id, reset.clusterId)
    for (const log of logs) await checkDisconnected(log, group.name, topic.name)
    for (const { log, offsets } of await targetOffsets(logs, topic.name, reset.to)) {
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

interface Target {
  readonly log: LogCluster
  readonly offsets: readonly PartitionOffset[]
}

async function targetOffsets(
  logs: readonly LogCluster[],
  topic: string,
  to: OffsetReset['to'],
): Promise<readonly Target[]> {
  if (to.kind === 'offset') return [await queueOffset(logs, topic, to)]
  const point = to.kind === 'latest' ? 'latest' : { timeMs: to.timeMs }
  return Promise.all(logs.map(async log => ({ log, offsets: await log.admin.offsets(topic, point) })))
}

async function queueOffset(
  logs: readonly LogCluster[],
  topic: string,
  { qid, offset }: { readonly qid: string; readonly offset: number },
): Promise<Target> {
  const { log, partition } = await queueOf(logs, topic, qid)
  const end = (await log.admin.offsets(topic, 'latest')).find(at => at.partition === partition)?.offset ?? 0
  if (offset > end) {
    // A position beyond the end counts as lost, and the group would start again from the beginning.
    throw new InvalidRequestError(`offset: ${offset} is beyond the end ${end} of ${qid}`)
  }
  return { log, offsets: [{ topic, partition, offset }] }
}

/** Compared as a whole: the name of one broker cluster may begin with that of another. A bare partition will do where the topic is in one. */
async function queueOf(logs: readonly LogCluster[], topic: string, qid: string) {
  for (const log of logs) {
    for (const partition of await log.partitions(topic)) {
      const isBare = logs.length === 1 && partition === qid
      if (isBare || `${log.clusterName}_${partition}` === qid) return { log, partition }
    }
  }
  throw new InvalidRequestError(`qid: ${qid} is no queue of ${topic}`)
}
