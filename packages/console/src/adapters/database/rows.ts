import { APPEND_CONTEXT, type DelaySettings } from '@ddmq/common/registry'
import type { Insertable } from 'kysely'
import { proxiesOf } from '../../core/addresses.ts'
import type {
  Cluster,
  Inventory,
  NewGroup,
  NewSubscription,
  NewTopic,
  NewTopicConf,
  ProxyKind,
} from '../../core/model.ts'
import { readObject, yesIsZero } from './columns.ts'
import type { Tables } from './tables.ts'

type Row<Table extends keyof Tables> = Omit<Insertable<Tables[Table]>, 'create_time'>

export function topicRow(topic: NewTopic): Row<'topic'> {
  return {
    topic_name: topic.name,
    topic_schema: topic.schema,
    service: topic.service,
    department: topic.department,
    contacters: ownersColumn(topic.owners),
    alarm_group: JSON.stringify(topic.alarmGroup),
    alarm_is_enable: yesIsZero(topic.alarmEnabled),
    delay_topic: yesIsZero(topic.delayTopic),
    enable_schema_verify: yesIsZero(topic.schemaChecked),
    produce_mode: topic.produceMode,
    config: JSON.stringify({ autoBatch: false, compressionType: 0, useCache: true }),
    description: topic.description,
    extra_params: JSON.stringify(topic.extraParams),
  }
}

/** The original's `config` columns are `varchar(2048)`; some 90 proxies are more than that. */
const MOST_PROXIES_TEXT = 1700

export function topicConfRow(
  inventory: Inventory,
  topic: { readonly id: number; readonly name: string },
  conf: NewTopicConf,
): Row<'topic_conf'> {
  const cluster = inventory.clusters.find(candidate => candidate.id === conf.clusterId)
  const mqServer = inventory.mqServers.find(candidate => candidate.id === conf.mqServerId)
  return {
    topic_id: topic.id,
    topic_name: topic.name,
    cluster_id: conf.clusterId,
    cluster_name: cluster?.name ?? '',
    mq_server_id: conf.mqServerId,
    mq_server_name: mqServer?.name ?? '',
    server_idc_id: conf.serverIdcId,
    server_idc_name: conf.serverIdcName,
    client_idc: JSON.stringify(conf.clientIdcs),
    produce_tps: conf.produceTps,
    msg_avg_size: conf.msgAvgSize,
    msg_max_size: conf.msgMaxSize,
    config: JSON.stringify({ proxies: notedProxies(inventory, cluster, 'pproxy') }),
  }
}

export function groupRow(group: NewGroup): Row<'consume_group'> {
  return {
    group_name: group.name,
    service: group.service,
    department: group.department,
    contacters: ownersColumn(group.owners.toLowerCase()),
    alarm_is_enable: yesIsZero(group.alarmEnabled),
    alarm_group: JSON.stringify(group.alarmGroup),
    alarm_level: group.alarmLevel,
    alarm_msg_lag: group.alarmMsgLag,
    alarm_delay_time: group.alarmDelayTimeMs,
    broadcast_consume: group.broadcastConsume,
    consume_mode: group.consumeMode,
    extra_params: JSON.stringify(group.extraParams),
    config: JSON.stringify({ asyncThreads: 8, redisConfig: null }),
  }
}

export function subscriptionRow(
  inventory: Inventory,
  subscription: NewSubscription,
): Row<'consume_subscription'> {
  return {
    group_id: subscription.groupId,
    topic_id: subscription.topicId,
    cluster_id: subscription.clusterId,
    group_name: nameOf(inventory.groups, subscription.groupId),
    topic_name: nameOf(inventory.topics, subscription.topicId),
    cluster_name: nameOf(inventory.clusters, subscription.clusterId),
    pressure_traffic: subscription.pressureTraffic ? 1 : 0,
    max_tps: subscription.maxTps,
    alarm_type: subscription.alarm === undefined ? 0 : 1,
    alarm_is_enable: yesIsZero(subscription.alarm?.enabled ?? true),
    alarm_msg_lag: subscription.alarm?.msgLag ?? 10_000,
    alarm_delay_time: subscription.alarm?.delayTimeMs ?? 300_000,
    api_type: subscription.apiType,
    consume_timeout: subscription.consumeTimeoutMs,
    error_retry_times: subscription.errorRetryTimes,
    retry_intervals: JSON.stringify(subscription.retryIntervals),
    msg_type: subscription.msgType,
    enable_groovy: 1,
    enable_transit: 1,
    enable_order: 1,
    consume_type: subscription.consumeType,
    urls: JSON.stringify(subscription.urls),
    http_method: subscription.httpMethod,
    http_query_params: JSON.stringify(subscription.queryParams),
    msg_push_type: subscription.msgPushType,
    http_token: subscription.tokenKey,
    push_max_concurrency: subscription.pushMaxConcurrency,
    actions: JSON.stringify(subscription.actions),
    config: newSubscriptionConfig(inventory, subscription),
    state: 1,
    extra_params: JSON.stringify(subscription.extraParams),
    ddmq_start_from: subscription.startFrom,
  }
}

function newSubscriptionConfig(inventory: Inventory, subscription: NewSubscription): string {
  const cluster = inventory.clusters.find(candidate => candidate.id === subscription.clusterId)
  return JSON.stringify({
    appendContext: subscription.actions.includes('PullServer') ? null : APPEND_CONTEXT,
    binlog: false,
    concurrency: 1024,
    fetchThreads: 1,
    httpMaxTps: -1,
    maxConsumeLag: -1,
    maxPullBatchSize: 8,
    needResetOffset: true,
    oldDbData: false,
    proxies: notedProxies(inventory, cluster, 'cproxy'),
  })
}

/** The stored configuration with some members replaced; those it does not know stay. */
export function subscriptionConfig(column: string, changes: { readonly needResetOffset: boolean }): string {
  return JSON.stringify({ ...readObject(column), ...changes })
}

/** The same of a topic. */
export function topicConfig(column: string, changes: { readonly delay: DelaySettings }): string {
  return JSON.stringify({ ...readObject(column), ...changes })
}

/** Written for the original's sake, as long as it fits; our documents derive the proxies from the nodes. */
function notedProxies(
  inventory: Inventory,
  cluster: Cluster | undefined,
  kind: ProxyKind,
): Record<string, string[]> {
  const proxies = cluster === undefined ? {} : proxiesOf(inventory, cluster, kind)
  return JSON.stringify(proxies).length > MOST_PROXIES_TEXT ? {} : proxies
}

/** Owners end with `;` each (console.md §2.3). */
function ownersColumn(owners: string): string {
  return owners.endsWith(';') ? owners : `${owners};`
}

function nameOf(rows: readonly { readonly id: number; readonly name: string }[], id: number): string {
  return rows.find(row => row.id === id)?.name ?? ''
}
