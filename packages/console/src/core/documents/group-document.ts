import { APPEND_CONTEXT, type GroupConfig, type UpstreamTopic } from '@ddmq/common/registry'
import { proxiesOf, sharePerProxy } from '../addresses.ts'
import { confsOf } from '../lookups.ts'
import type { Group, Inventory, Subscription } from '../model.ts'

const LEAST_SDK_CONCURRENCY = 1000
const DEFAULT_RETRY_INTERVALS = [100, 150, 300]

/** `/group/<g>` (console.md §9.2.2); undefined for a group without subscriptions, whose node must not exist. */
export function groupDocument(inventory: Inventory, group: Group): GroupConfig | undefined {
  const topics = inventory.subscriptions
    .filter(subscription => subscription.groupId === group.id)
    .flatMap(subscription => upstreamTopics(inventory, group, subscription))
  if (topics.length === 0) return undefined
  return {
    group: group.name,
    topics,
    asyncThreads: positiveParam(group.extraParams['asyncThreads']) ?? group.asyncThreads,
    ...(group.alarmGroup.length === 0 ? {} : { alarmGroup: [...group.alarmGroup] }),
    enableAlarm: group.alarmEnabled,
    delayTimeThreshold: group.alarmDelayTimeMs,
    committedLagThreshold: group.alarmMsgLag,
    delayRequestHandlerThreads: -1,
  }
}

/** One per broker cluster that stores the topic in the subscription's cluster. A dangling row is left out: it must not
 * keep the other subscriptions of the group from being published. */
function upstreamTopics(
  inventory: Inventory,
  group: Group,
  subscription: Subscription,
): readonly UpstreamTopic[] {
  const topic = inventory.topics.find(candidate => candidate.id === subscription.topicId)
  const cluster = inventory.clusters.find(candidate => candidate.id === subscription.clusterId)
  if (topic === undefined || cluster === undefined) return []
  const common = { topic: topic.name, proxies: proxiesOf(inventory, cluster, 'cproxy') }
  return confsOf(inventory, topic.id)
    .filter(conf => conf.clusterId === cluster.id)
    .map(conf => inventory.mqServers.find(candidate => candidate.id === conf.mqServerId))
    .filter(mqServer => mqServer !== undefined)
    .map(mqServer => upstreamTopic({ ...common, brokerCluster: mqServer.name }, group, subscription))
}

function upstreamTopic(
  place: Pick<UpstreamTopic, 'topic' | 'brokerCluster' | 'proxies'>,
  group: Group,
  subscription: Subscription,
): UpstreamTopic {
  const { extraParams } = subscription
  const actions = [...subscription.actions]
  if (!actions.includes('Async') && extraParams['forceSync'] !== 'true') actions.unshift('Async')
  return {
    ...place,
    enabled: subscription.enabled,
    actions,
    fetchThreads: 1,
    maxTps: sharePerProxy(subscription.maxTps, place.proxies),
    totalMaxTps: subscription.maxTps,
    concurrency: positiveParam(extraParams['concurrency']) ?? concurrencyOf(subscription),
    maxConsumeLag: -1,
    timeout: subscription.consumeTimeoutMs,
    pressureTraffic: subscription.pressureTraffic,
    maxRetry: subscription.errorRetryTimes,
    retryIntervals:
      subscription.retryIntervals.length === 0 ? DEFAULT_RETRY_INTERVALS : [...subscription.retryIntervals],
    ...pushMembers(subscription),
    httpMaxTps: -1,
    maxPullBatchSize: positiveParam(extraParams['maxPullBatchSize']) ?? subscription.maxPullBatchSize,
    ...alarmMembers(group, subscription),
  }
}

function concurrencyOf(subscription: Subscription): number {
  if (subscription.actions.includes('AsyncHttp')) return subscription.pushMaxConcurrency
  return Math.max(LEAST_SDK_CONCURRENCY, subscription.concurrency)
}

function pushMembers(subscription: Subscription) {
  const base = {
    httpMethod: subscription.httpMethod === 1 ? 'GET' : 'POST',
    tokenKey: subscription.tokenKey,
  }
  if (!subscription.actions.includes('AsyncHttp')) return base
  const params = subscription.queryParams
  return {
    ...base,
    urls: [...subscription.urls],
    appendContext: [...APPEND_CONTEXT],
    ...(Object.keys(params).length === 0 ? {} : { queryParams: { ...params } }),
  }
}

function alarmMembers(group: Group, subscription: Subscription) {
  const own = subscription.alarm
  return {
    enableAlarm: own?.enabled ?? group.alarmEnabled,
    delayTimeThreshold: own?.delayTimeMs ?? group.alarmDelayTimeMs,
    committedLagThreshold: own?.msgLag ?? group.alarmMsgLag,
  }
}

function positiveParam(text: string | undefined): number | undefined {
  const value = Number(text)
  return Number.isInteger(value) && value > 0 ? value : undefined
}
