import { settledBefore } from '@ddmq/common/async'
import type { LiveClusters, LogCluster } from '@ddmq/storage'
import type { Group, Inventory, MqServer, Subscription, Topic } from '../core/model.ts'
import { BrokerClusterError, InvalidRequestError, NotFoundError } from '../errors.ts'

/** The broker clusters of the database, as this console is connected to them. */
export type ConnectedClusters = Pick<LiveClusters, 'get' | 'names' | 'problemOf' | 'check'>

export function findTopic(inventory: Inventory, name: string): Topic {
  const topic = inventory.topics.find(candidate => candidate.name === name)
  if (topic === undefined) throw new NotFoundError(`topic ${name} does not exist`)
  return topic
}

export function findDelayTopic(inventory: Inventory, name: string): Topic {
  const topic = findTopic(inventory, name)
  if (topic.delayTopic) return topic
  throw new InvalidRequestError(`topic ${name} is no delay topic`)
}

export function findGroup(inventory: Inventory, name: string): Group {
  const group = inventory.groups.find(candidate => candidate.name === name)
  if (group === undefined) throw new NotFoundError(`group ${name} does not exist`)
  return group
}

export function findBrokerCluster(inventory: Inventory, name: string): MqServer {
  const mqServer = inventory.mqServers.find(candidate => candidate.name === name)
  if (mqServer === undefined) throw new NotFoundError(`broker cluster ${name} does not exist`)
  return mqServer
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
export function logOf(clusters: ConnectedClusters, inventory: Inventory, mqServerId: number): LogCluster {
  const mqServer = inventory.mqServers.find(candidate => candidate.id === mqServerId)
  const log = mqServer && clusters.get(mqServer.name)
  if (log !== undefined) return log
  const name = mqServer?.name ?? String(mqServerId)
  throw new BrokerClusterError(
    clusters.problemOf(name) ??
      `broker cluster ${name} is not connected to this console; it has ${clusters.names.join(', ')}`,
  )
}

/** Logs that store a topic, each once; of one cluster if given. Throws where one of them is not connected. */
export function logsOfTopic(
  clusters: ConnectedClusters,
  inventory: Inventory,
  topicId: number,
  clusterId?: number,
): readonly LogCluster[] {
  return serverIdsOf(inventory, topicId, clusterId).map(id => logOf(clusters, inventory, id))
}

/** Row ids of the broker clusters that store a topic, each once; of one cluster if given. */
export function serverIdsOf(inventory: Inventory, topicId: number, clusterId?: number): readonly number[] {
  const ids = inventory.confs
    .filter(conf => conf.topicId === topicId && (clusterId === undefined || conf.clusterId === clusterId))
    .map(conf => conf.mqServerId)
  return [...new Set(ids)]
}

/** How long one broker cluster is waited for when all are asked. */
const WAIT_MS = 3000

/** A log with a topic of that name, whether or not it is in the inventory; the first by name of those that answer. */
export async function logThatHas(
  clusters: ConnectedClusters,
  topic: string,
): Promise<LogCluster | undefined> {
  const having = clusters.names.map(async name => {
    const log = clusters.get(name)
    if (log === undefined) return undefined
    const described = log.admin.describeTopic(topic)
    return (await settledBefore(AbortSignal.timeout(WAIT_MS), described)) === undefined ? undefined : log
  })
  const asked = await Promise.allSettled(having)
  return asked.flatMap(answer => (answer.status === 'fulfilled' ? (answer.value ?? []) : []))[0]
}
