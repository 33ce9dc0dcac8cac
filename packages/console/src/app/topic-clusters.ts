import { touchedBy } from '../core/documents/touched.ts'
import type { Inventory, Topic, TopicConf } from '../core/model.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'
import { createOrAdopt } from './create-topic.ts'
import { delayStats } from './delay-stats.ts'
import { ensureDelayTables } from './delay-tables.ts'
import { unlessUnknown } from './describe-topics.ts'
import { findBrokerCluster, findTopic, logOf, logsOfTopic } from './find.ts'
import { setStart } from './set-start.ts'

/**
 * Puts a topic into one more broker cluster of the cluster it is in. Groups that subscribe to it begin there where they
 * began in the others, before the first message can get there.
 */
export async function addToBrokerCluster(
  app: AppContext,
  request: {
    readonly topic: string
    readonly brokerCluster: string
    readonly partitions: number | undefined
  },
): Promise<void> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    const topic = findTopic(inventory, request.topic)
    const mqServer = findBrokerCluster(inventory, request.brokerCluster)
    const [first] = confsOf(inventory, topic)
    if (first === undefined) throw new InvalidRequestError(`topic ${topic.name} is in no cluster`)
    if (confsOf(inventory, topic).some(conf => conf.mqServerId === mqServer.id)) {
      throw new InvalidRequestError(`topic ${topic.name} is in broker cluster ${mqServer.name} already`)
    }
    const isBound = inventory.relations.some(
      ({ clusterId, mqServerId }) => clusterId === first.clusterId && mqServerId === mqServer.id,
    )
    if (!isBound)
      throw new InvalidRequestError(`broker cluster ${mqServer.name} is not bound to the topic's cluster`)
    const { admin } = logOf(app.clusters, inventory, mqServer.id)
    const unit = { ...first, mqServerId: mqServer.id }
    if (topic.delayTopic) await ensureDelayTables(app, inventory, [unit])
    await createOrAdopt(admin, topic.name, request.partitions ?? (await partitionsOf(app, inventory, topic)))
    for (const { groupId, startFrom, needsStart } of subscriptionsOf(inventory, topic, first)) {
      const group = inventory.groups.find(candidate => candidate.id === groupId)
      if (group !== undefined && !needsStart) await setStart(admin, group.name, topic.name, startFrom)
    }
    await store.write(async rows => {
      await rows.insertTopicConf(topic, unit)
      await rows.touch(touchedBy(inventory, scopeOf(inventory, topic)))
    })
    app.log.info({ topic: topic.name, brokerCluster: mqServer.name }, 'topic added to broker cluster')
  })
}

/**
 * Takes a topic out of a broker cluster: nobody produces to it there nor consumes from it any more; its messages and the
 * positions stay. Refused while a group has not consumed everything there or delayed messages are pending, unless `force`.
 */
export async function removeFromBrokerCluster(
  app: AppContext,
  request: { readonly topic: string; readonly brokerCluster: string; readonly force: boolean },
): Promise<void> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    const topic = findTopic(inventory, request.topic)
    const mqServer = findBrokerCluster(inventory, request.brokerCluster)
    const confs = confsOf(inventory, topic)
    const conf = confs.find(candidate => candidate.mqServerId === mqServer.id)
    if (conf === undefined) {
      throw new InvalidRequestError(`topic ${topic.name} is not in broker cluster ${mqServer.name}`)
    }
    if (confs.length === 1) {
      throw new InvalidRequestError(`broker cluster ${mqServer.name} is the only one of topic ${topic.name}`)
    }
    if (!request.force) {
      await refuseUnconsumed(app, inventory, topic, conf)
      if (topic.delayTopic) await refusePending(app, topic.name, mqServer.name)
    }
    await store.write(async rows => {
      await rows.deleteTopicConf(conf.id)
      await rows.touch(touchedBy(inventory, scopeOf(inventory, topic)))
    })
    app.log.info({ topic: topic.name, brokerCluster: mqServer.name }, 'topic removed from broker cluster')
  })
}

async function refuseUnconsumed(
  app: AppContext,
  inventory: Inventory,
  topic: Topic,
  conf: TopicConf,
): Promise<void> {
  const { admin, clusterName } = logOf(app.clusters, inventory, conf.mqServerId)
  for (const { groupId } of subscriptionsOf(inventory, topic, conf)) {
    const group = inventory.groups.find(candidate => candidate.id === groupId)
    if (group === undefined) continue
    const lags = await unlessUnknown(admin.lag(group.name, topic.name))
    const lag = lags.reduce((sum, at) => sum + at.lag, 0)
    if (lag === 0) continue
    throw new InvalidRequestError(
      `group ${group.name} has ${lag} messages of ${topic.name} to consume in broker cluster ${clusterName}; with force they stay there unconsumed`,
    )
  }
}

/** Also where it is not known what is pending, as while an owner has not read its shard to the end. */
async function refusePending(app: AppContext, topic: string, brokerCluster: string): Promise<void> {
  const { shards, problems } = await delayStats(app)
  const there = shards.filter(({ cluster }) => cluster === brokerCluster)
  const pending = there
    .flatMap(shard => shard.topics.filter(at => at.topic === topic))
    .reduce((sum, at) => sum + at.pending, 0)
  const unread = there.flatMap(({ shard, lag }) =>
    lag > 0 ? [`shard ${shard} has ${lag} records to read`] : [],
  )
  const doubts = [...problems, ...unread]
  if (pending === 0 && doubts.length === 0) return
  const what =
    pending > 0
      ? `topic ${topic} has ${pending} delayed messages to deliver in broker cluster ${brokerCluster}`
      : `it is not known whether topic ${topic} has delayed messages in broker cluster ${brokerCluster}: ${doubts.join('; ')}`
  throw new InvalidRequestError(`${what}; with force they may never be delivered`)
}

function confsOf(inventory: Inventory, topic: Topic): readonly TopicConf[] {
  return inventory.confs.filter(conf => conf.topicId === topic.id)
}

function subscriptionsOf(inventory: Inventory, topic: Topic, { clusterId }: TopicConf) {
  return inventory.subscriptions.filter(sub => sub.topicId === topic.id && sub.clusterId === clusterId)
}

/** As many as where it has most. */
async function partitionsOf(app: AppContext, inventory: Inventory, topic: Topic): Promise<number> {
  let most = 1
  for (const { admin } of logsOfTopic(app.clusters, inventory, topic.id)) {
    most = Math.max(most, (await admin.describeTopic(topic.name))?.partitions ?? 1)
  }
  return most
}

/** The proxies' own documents list topics, not where they are. */
function scopeOf(inventory: Inventory, topic: Topic) {
  const ids = new Set(inventory.subscriptions.filter(sub => sub.topicId === topic.id).map(sub => sub.groupId))
  const groups = inventory.groups.filter(group => ids.has(group.id)).map(group => group.name)
  return { topics: [topic.name], groups }
}
