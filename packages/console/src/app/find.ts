import type { LogCluster, LogClusters } from '@ddmq/storage'
import type { Group, Inventory, Subscription, Topic } from '../core/model.ts'
import { BrokerClusterError, NotFoundError } from '../errors.ts'

export function findTopic(inventory: Inventory, name: string): Topic {
  const topic = inventory.topics.find(candidate => candidate.name === name)
  if (topic === undefined) throw new NotFoundError(`topic ${name} does not exist`)
  return topic
}

export function findGroup(inventory: Inventory, name: string): Group {
  const group = inventory.groups.find(candidate => candidate.name === name)
  if (group === undefined) throw new NotFoundError(`group ${name} does not exist`)
  return group
}

/** The subscription of a group to a topic, in the first of its clusters. */
export function findSubscription(inventory: Inventory, group: string, topic: string): Subscription {
  const groupId = findGroup(inventory, group).id
  const topicId = findTopic(inventory, topic).id
  const found = inventory.subscriptions.find(sub => sub.groupId === groupId && sub.topicId === topicId)
  if (found === undefined) throw new NotFoundError(`group ${group} does not subscribe to topic ${topic}`)
  return found
}

/** The log of the broker cluster with that row id. */
export function logOf(clusters: LogClusters, inventory: Inventory, mqServerId: number): LogCluster {
  const mqServer = inventory.mqServers.find(candidate => candidate.id === mqServerId)
  const log = mqServer && clusters.get(mqServer.name)
  if (log !== undefined) return log
  throw new BrokerClusterError(
    `broker cluster ${mqServer?.name ?? mqServerId} is not connected to this console; it has ${clusters.names.join(', ')}`,
  )
}

/** Logs that store a topic, each once; of one cluster if given. */
export function logsOfTopic(
  clusters: LogClusters,
  inventory: Inventory,
  topicId: number,
  clusterId?: number,
): readonly LogCluster[] {
  const ids = inventory.confs
    .filter(conf => conf.topicId === topicId && (clusterId === undefined || conf.clusterId === clusterId))
    .map(conf => conf.mqServerId)
  return [...new Set(ids)].map(id => logOf(clusters, inventory, id))
}

/** The first log with a topic of that name, whether or not it is in the inventory. */
export async function logThatHas(clusters: LogClusters, topic: string): Promise<LogCluster | undefined> {
  for (const cluster of clusters.names) {
    const log = clusters.get(cluster)
    if ((await log?.admin.describeTopic(topic)) !== undefined) return log
  }
  return undefined
}
