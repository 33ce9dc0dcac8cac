import { topicsOfGroup } from '../app/describe-topics.ts'
import type { PublicationStatus } from '../app/publisher.ts'
import type { Group, Inventory, Subscription, Topic } from '../core/model.ts'

/** TopicVo of console.md §3.1. */
export function topicView(inventory: Inventory, topic: Topic) {
  return {
    alarmGroup: topic.alarmGroup,
    alarmIsEnable: topic.alarmEnabled ? 0 : 1,
    conf: inventory.confs.filter(conf => conf.topicId === topic.id).map(conf => confView(inventory, conf)),
    contacters: topic.owners,
    defaultPass: 1,
    delayTopic: topic.delayTopic ? 0 : 1,
    department: topic.department,
    description: topic.description,
    enableSchemaVerify: topic.schemaChecked ? 0 : 1,
    extraParams: topic.extraParams,
    operationParams: null,
    produceMode: topic.produceMode,
    schema: topic.schema,
    service: topic.service,
    topicId: topic.id,
    topicName: topic.name,
  }
}

function confView(inventory: Inventory, conf: Inventory['confs'][number]) {
  const cluster = inventory.clusters.find(candidate => candidate.id === conf.clusterId)
  const consumers = inventory.subscriptions.filter(
    sub => sub.topicId === conf.topicId && sub.clusterId === conf.clusterId,
  )
  return {
    clientIdcMap: conf.clientIdcs,
    clusterDesc: cluster?.description ?? null,
    clusterId: conf.clusterId,
    clusterName: cluster?.name ?? null,
    confId: conf.id,
    consumerNum: consumers.length,
    monitorUrl: null,
    mqServerId: conf.mqServerId,
    mqServerName: nameOf(inventory.mqServers, conf.mqServerId),
    msgAvgSize: conf.msgAvgSize,
    msgMaxSize: conf.msgMaxSize,
    msgRealAvgSize: 0,
    msgRealMaxSize: 0,
    operationParams: null,
    produceTps: conf.produceTps,
    serverIdcId: conf.serverIdcId,
    serverIdcName: conf.serverIdcName,
    weekAvgTps: 0,
    weekMaxTps: 0,
  }
}

/** GroupVo of console.md §3.2. */
export function groupView(inventory: Inventory, group: Group) {
  const subscriptions = inventory.subscriptions.filter(sub => sub.groupId === group.id)
  return {
    alarmDelayTime: group.alarmDelayTimeMs,
    alarmGroup: group.alarmGroup,
    alarmIsEnable: group.alarmEnabled ? 0 : 1,
    alarmLevel: group.alarmLevel,
    alarmMsgLag: group.alarmMsgLag,
    broadcastConsume: group.broadcastConsume,
    consumeMode: group.consumeMode,
    consumeModeMapper: {},
    contacters: group.owners,
    department: group.department,
    extraParams: group.extraParams,
    groupId: group.id,
    groupName: group.name,
    operationParams: null,
    service: group.service,
    subscriptionEnableNum: subscriptions.filter(sub => sub.enabled).length,
    subscriptionNum: subscriptions.length,
  }
}

/** What a SubBo switches on with 0 and off with 1 (console.md §5.3). */
const OFF = 1

const NO_CLUSTER = { id: null, name: null, description: null, idcId: null, idc: null }

/**
 * SubVo of console.md §3.3: every member of the original, also of what is refused in this version and so never set. The
 * token that signs pushes is masked.
 */
export function subscriptionView(inventory: Inventory, subscription: Subscription) {
  const cluster = inventory.clusters.find(candidate => candidate.id === subscription.clusterId) ?? NO_CLUSTER
  return {
    ...alarmView(subscription),
    apiType: subscription.apiType,
    bigDataConfig: null,
    bigDataType: null,
    clusterDesc: cluster.description,
    clusterId: subscription.clusterId,
    clusterName: cluster.name,
    clusters: cluster.name === null ? {} : { [cluster.name]: cluster.id },
    consumeTimeout: subscription.consumeTimeoutMs,
    consumeType: subscription.consumeType,
    enableGroovy: OFF,
    enableTransit: OFF,
    errorRetryTimes: subscription.errorRetryTimes,
    extraParams: subscription.extraParams,
    groovy: null,
    groupId: subscription.groupId,
    groupName: nameOf(inventory.groups, subscription.groupId),
    httpHeaders: null,
    httpMethod: subscription.httpMethod,
    httpQueryParams: subscription.queryParams,
    httpToken: subscription.tokenKey === '' ? '' : '******',
    idc: cluster.idc,
    idcId: cluster.idcId,
    maxTps: subscription.maxTps,
    msgPushType: subscription.msgPushType,
    msgType: subscription.msgType,
    operationParams: null,
    pressureTraffic: subscription.pressureTraffic ? 1 : 0,
    pushMaxConcurrency: subscription.pushMaxConcurrency,
    retryIntervals: subscription.retryIntervals,
    state: subscription.enabled ? 0 : 1,
    subId: subscription.id,
    topicId: subscription.topicId,
    topicName: nameOf(inventory.topics, subscription.topicId),
    transit: null,
    urls: subscription.urls,
  }
}

function alarmView({ alarm }: Subscription) {
  return {
    alarmDelayTime: alarm?.delayTimeMs ?? null,
    alarmIsEnable: alarm === undefined ? null : Number(!alarm.enabled),
    alarmMsgLag: alarm?.msgLag ?? null,
    alarmType: alarm === undefined ? 0 : 1,
  }
}

function nameOf(rows: readonly { readonly id: number; readonly name: string }[], id: number): string | null {
  return rows.find(row => row.id === id)?.name ?? null
}

/** A subscription as our own routes show it. */
export function ownSubscriptionView(inventory: Inventory, subscription: Subscription) {
  return {
    group: nameOf(inventory.groups, subscription.groupId) ?? '',
    topic: nameOf(inventory.topics, subscription.topicId) ?? '',
    enabled: subscription.enabled,
    actions: subscription.actions,
    urls: subscription.urls,
    maxRetry: subscription.errorRetryTimes,
    timeoutMs: subscription.consumeTimeoutMs,
    maxTps: subscription.maxTps,
  }
}

export function ownGroupView(inventory: Inventory, group: Group) {
  return { group: group.name, topics: topicsOfGroup(inventory, group.id) }
}

/** How far the config tree follows the database. */
export function publicationView({ pending, problems, failure }: PublicationStatus) {
  const shown = problems.map(({ path, reason }) => ({ path, reason }))
  return { pending, problems: shown, failure: failure ?? null }
}
