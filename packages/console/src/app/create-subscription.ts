import { validateGroup } from '@ddmq/common/registry'
import { groupDocument } from '../core/documents/group-document.ts'
import { touchedBy } from '../core/documents/touched.ts'
import type { Inventory, NewSubscription } from '../core/model.ts'
import { refuse } from '../core/problem.ts'
import { subscriptionProblems } from '../core/subscription-rules.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'

/** A subscription as asked for; one row is written per cluster. */
export interface RequestedSubscription extends Omit<NewSubscription, 'clusterId'> {
  readonly clusterIds: readonly number[]
  readonly orderKey: string | undefined
}

/** Stores disabled subscriptions and publishes the group; answers their ids (console.md §5.3). */
export async function createSubscription(
  app: AppContext,
  requested: RequestedSubscription,
): Promise<readonly number[]> {
  const { clusterIds, orderKey, ...common } = requested
  const rows = clusterIds.map(clusterId => ({ ...common, clusterId }))
  return app.changes.run(async store => {
    const inventory = await store.inventory()
    const group = inventory.groups.find(candidate => candidate.id === requested.groupId)
    if (!inventory.topics.some(topic => topic.id === requested.topicId)) {
      throw new InvalidRequestError('topic not exist')
    }
    if (group === undefined) throw new InvalidRequestError('group not exist')
    for (const row of rows) {
      checkPlace(inventory, row)
      refuse(subscriptionProblems(row, orderKey))
    }
    checkDocument(inventory, rows)
    const ids = await store.write(async writer => {
      await writer.touch(touchedBy(inventory, { groups: [group.name] }))
      return writer.insertSubscriptions(rows)
    })
    app.log.info({ group: group.name, topicId: requested.topicId }, 'subscription created')
    return ids
  })
}

function checkPlace(inventory: Inventory, row: NewSubscription): void {
  if (!inventory.clusters.some(cluster => cluster.id === row.clusterId)) {
    throw new InvalidRequestError(`clusters: cluster ${row.clusterId} not exist`)
  }
  const bound = inventory.confs.some(conf => conf.topicId === row.topicId && conf.clusterId === row.clusterId)
  if (!bound) throw new InvalidRequestError(`clusters: the topic is not in cluster ${row.clusterId}`)
  const taken = inventory.subscriptions.some(
    other =>
      other.groupId === row.groupId && other.topicId === row.topicId && other.clusterId === row.clusterId,
  )
  if (taken) throw new InvalidRequestError('subscription existed')
}

/** What would be published if these were enabled must be a document that proxies accept. */
function checkDocument(inventory: Inventory, rows: readonly NewSubscription[]): void {
  const group = inventory.groups.find(candidate => candidate.id === rows[0]?.groupId)
  if (group === undefined) return
  const subscriptions = rows.map(row => ({
    ...row,
    id: 0,
    enabled: true,
    needsStart: true,
    concurrency: 1024,
    maxPullBatchSize: 8,
    createTime: '',
  }))
  const document = groupDocument({ ...inventory, subscriptions }, group)
  const problems = document === undefined ? [] : validateGroup(document)
  if (problems.length > 0) throw new InvalidRequestError(problems.join('; '))
}
