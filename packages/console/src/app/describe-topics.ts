import type { DelaySettings } from '@ddmq/common/registry'
import { type LogCluster, StorageError } from '@ddmq/storage'
import type { Inventory, Topic } from '../core/model.ts'
import { askLogs } from './ask-logs.ts'
import type { AppContext } from './context.ts'
import { findTopic, logThatHas } from './find.ts'

export interface TopicSummary {
  readonly topic: string
  /** Over all its broker clusters. */
  readonly partitions: number
  readonly brokerClusters: readonly string[]
  /** Of a delay topic only. */
  readonly delay?: DelaySettings
  /** Why something is missing here: broker clusters that do not answer. */
  readonly problems?: readonly string[]
}

export interface PartitionRange {
  readonly brokerCluster: string
  readonly partition: string
  readonly startOffset: number
  readonly endOffset: number
}

export async function topicSummary(
  app: AppContext,
  inventory: Inventory,
  topic: Topic,
): Promise<TopicSummary> {
  const { answers, problems } = await askLogs(
    app,
    inventory,
    { topicId: topic.id },
    async log => (await log.admin.describeTopic(topic.name))?.partitions ?? 0,
  )
  return {
    topic: topic.name,
    partitions: answers.reduce((sum, count) => sum + count, 0),
    brokerClusters: brokerClustersOf(inventory, topic),
    ...(topic.delayTopic ? { delay: topic.delay } : {}),
    ...(problems.length === 0 ? {} : { problems }),
  }
}

export interface TopicDetails extends TopicSummary {
  /** Absent for a topic that is in a log only. */
  readonly tps?: number | undefined
  readonly description: string
  readonly offsets: readonly PartitionRange[]
  readonly groups: readonly string[]
}

/** Everything about one topic; one that services made for themselves, such as dead letters, has no more than offsets. */
export async function describeTopic(app: AppContext, name: string): Promise<TopicDetails> {
  const inventory = await app.store.inventory()
  if (inventory.topics.every(topic => topic.name !== name)) {
    const log = await logThatHas(app.clusters, name)
    if (log !== undefined) {
      const offsets = await offsetsIn(log, name)
      const brokerClusters = [log.clusterName]
      return { topic: name, partitions: offsets.length, brokerClusters, description: '', offsets, groups: [] }
    }
  }
  const topic = findTopic(inventory, name)
  return {
    ...(await topicSummary(app, inventory, topic)),
    tps: inventory.confs.find(conf => conf.topicId === topic.id)?.produceTps,
    description: topic.description,
    offsets: await topicOffsets(app, inventory, topic),
    groups: subscribersOf(inventory, topic),
  }
}

/** First offset held and next offset to be written, of every partition of the broker clusters that answer. */
export async function topicOffsets(
  app: AppContext,
  inventory: Inventory,
  topic: Topic,
): Promise<readonly PartitionRange[]> {
  const { answers } = await askLogs(app, inventory, { topicId: topic.id }, log => offsetsIn(log, topic.name))
  return answers.flat()
}

async function offsetsIn({ admin, clusterName }: LogCluster, topic: string): Promise<PartitionRange[]> {
  const starts = await unlessUnknown(admin.offsets(topic, 'earliest'))
  const latest = await unlessUnknown(admin.offsets(topic, 'latest'))
  const ends = new Map(latest.map(at => [at.partition, at.offset]))
  return starts.map(({ partition, offset }) => ({
    brokerCluster: clusterName,
    partition,
    startOffset: offset,
    endOffset: ends.get(partition) ?? offset,
  }))
}

function brokerClustersOf(inventory: Inventory, topic: Topic): readonly string[] {
  const ids = new Set(inventory.confs.filter(conf => conf.topicId === topic.id).map(conf => conf.mqServerId))
  return inventory.mqServers.filter(({ id }) => ids.has(id)).map(({ name }) => name)
}

/** Names of the groups that subscribe to the topic, sorted. */
function subscribersOf(inventory: Inventory, topic: Topic): readonly string[] {
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

/** Rows about a topic; none when the log has lost the topic, so that one such topic does not hide the others. */
export async function unlessUnknown<Row>(rows: Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await rows
  } catch (thrown) {
    if (thrown instanceof StorageError && thrown.kind === 'unknownTopic') return []
    throw thrown
  }
}
