import type { Selectable, Transaction } from 'kysely'
import { z } from 'zod'
import type {
  Cluster,
  Group,
  Inventory,
  ProxyKind,
  ProxyNode,
  Relation,
  Subscription,
  Topic,
  TopicConf,
} from '../../core/model.ts'
import {
  readActions,
  readJson,
  readNumberMap,
  readNumbers,
  readObject,
  readTextMap,
  readTexts,
} from './columns.ts'
import type { Tables } from './tables.ts'
import { readTopicConfig } from './topic-config.ts'

/** `node.node_type`; 1, 2 and 9 are RocketMQ's own machines. */
export const NODE_TYPE: Readonly<Record<ProxyKind, number>> = { pproxy: 3, cproxy: 4 }
/** `node.ddmq_seeded`; a deleted node that is gone for good is `withdrawn`. */
export const SEEDED = { no: 0, yes: 1, withdrawn: 2 } as const
/** `cluster_mqserver_relation.type`. */
export const RELATION_TYPE: Readonly<Record<ProxyKind, number>> = { pproxy: 0, cproxy: 1 }

const groupConfigSchema = z.object({ asyncThreads: z.int().positive().default(8) })
const subscriptionConfigSchema = z.object({
  concurrency: z.int().positive().default(1024),
  maxPullBatchSize: z.int().positive().default(8),
  needResetOffset: z.boolean().default(true),
})

/** All live rows, in the order of their ids, as of one moment: call it inside a transaction. */
export async function readInventory(db: Transaction<Tables>): Promise<Inventory> {
  return {
    clusters: (
      await db.selectFrom('cluster').selectAll().where('is_delete', '=', 0).orderBy('id').execute()
    ).map(toCluster),
    mqServers: await db
      .selectFrom('mq_server')
      .selectAll()
      .where('is_delete', '=', 0)
      .orderBy('id')
      .execute(),
    relations: (
      await db
        .selectFrom('cluster_mqserver_relation')
        .selectAll()
        .where('is_delete', '=', 0)
        .orderBy('id')
        .execute()
    ).map(toRelation),
    nodes: (
      await db
        .selectFrom('node')
        .selectAll()
        .where('is_delete', '=', 0)
        .where('node_type', 'in', Object.values(NODE_TYPE))
        .orderBy('id')
        .execute()
    ).map(toNode),
    topics: (await db.selectFrom('topic').selectAll().where('is_delete', '=', 0).orderBy('id').execute()).map(
      toTopic,
    ),
    confs: (
      await db.selectFrom('topic_conf').selectAll().where('is_delete', '=', 0).orderBy('id').execute()
    ).map(toConf),
    groups: (
      await db.selectFrom('consume_group').selectAll().where('is_delete', '=', 0).orderBy('id').execute()
    ).map(toGroup),
    subscriptions: (
      await db
        .selectFrom('consume_subscription')
        .selectAll()
        .where('is_delete', '=', 0)
        .orderBy('id')
        .execute()
    ).map(toSubscription),
  }
}

function toCluster(row: Selectable<Tables['cluster']>): Cluster {
  return { id: row.id, name: row.name, description: row.description, idcId: row.idc_id, idc: row.idc }
}

function toRelation(row: Selectable<Tables['cluster_mqserver_relation']>): Relation {
  return {
    clusterId: row.cluster_id,
    mqServerId: row.mq_server_id,
    kind: row.type === RELATION_TYPE.pproxy ? 'pproxy' : 'cproxy',
    proxyConf: readObject(row.proxy_conf),
  }
}

function toNode(row: Selectable<Tables['node']>): ProxyNode {
  return {
    id: row.id,
    clusterId: row.cluster_id,
    host: row.host,
    kind: row.node_type === NODE_TYPE.pproxy ? 'pproxy' : 'cproxy',
    seeded: row.ddmq_seeded === SEEDED.yes,
  }
}

function toTopic(row: Selectable<Tables['topic']>): Topic {
  return {
    id: row.id,
    name: row.topic_name,
    service: row.service,
    department: row.department,
    owners: row.contacters,
    description: row.description,
    alarmGroup: readTexts(row.alarm_group),
    alarmEnabled: row.alarm_is_enable === 0,
    delayTopic: row.delay_topic === 0,
    schema: row.topic_schema ?? '',
    schemaChecked: row.enable_schema_verify === 0,
    produceMode: row.produce_mode,
    extraParams: readTextMap(row.extra_params),
    ...readTopicConfig(row.config),
    createTime: row.create_time,
  }
}

function toConf(row: Selectable<Tables['topic_conf']>): TopicConf {
  return {
    id: row.id,
    topicId: row.topic_id,
    clusterId: row.cluster_id,
    mqServerId: row.mq_server_id,
    produceTps: row.produce_tps,
    msgAvgSize: row.msg_avg_size,
    msgMaxSize: row.msg_max_size,
    serverIdcId: row.server_idc_id,
    serverIdcName: row.server_idc_name,
    clientIdcs: readNumberMap(row.client_idc),
  }
}

function toGroup(row: Selectable<Tables['consume_group']>): Group {
  return {
    id: row.id,
    name: row.group_name,
    service: row.service,
    department: row.department,
    owners: row.contacters,
    alarmEnabled: row.alarm_is_enable === 0,
    alarmGroup: readTexts(row.alarm_group),
    alarmLevel: row.alarm_level,
    alarmMsgLag: row.alarm_msg_lag,
    alarmDelayTimeMs: row.alarm_delay_time,
    broadcastConsume: row.broadcast_consume,
    consumeMode: row.consume_mode,
    extraParams: readTextMap(row.extra_params),
    ...readJson(row.config, groupConfigSchema, groupConfigSchema.parse({})),
    createTime: row.create_time,
  }
}

function toSubscription(row: Selectable<Tables['consume_subscription']>): Subscription {
  const config = readJson(row.config, subscriptionConfigSchema, subscriptionConfigSchema.parse({}))
  return {
    id: row.id,
    groupId: row.group_id,
    topicId: row.topic_id,
    clusterId: row.cluster_id,
    maxTps: row.max_tps,
    pressureTraffic: row.pressure_traffic === 1,
    alarm:
      row.alarm_type === 0
        ? undefined
        : {
            enabled: row.alarm_is_enable === 0,
            msgLag: row.alarm_msg_lag,
            delayTimeMs: row.alarm_delay_time,
          },
    apiType: row.api_type,
    consumeTimeoutMs: row.consume_timeout,
    errorRetryTimes: row.error_retry_times,
    retryIntervals: readNumbers(row.retry_intervals),
    msgType: row.msg_type,
    consumeType: row.consume_type,
    urls: readTexts(row.urls),
    httpMethod: row.http_method,
    queryParams: readTextMap(row.http_query_params),
    msgPushType: row.msg_push_type,
    tokenKey: row.http_token,
    pushMaxConcurrency: row.push_max_concurrency,
    actions: readActions(row.actions),
    extraParams: readTextMap(row.extra_params),
    startFrom: row.ddmq_start_from === 'earliest' ? 'earliest' : 'latest',
    enabled: row.state === 0,
    needsStart: config.needResetOffset,
    concurrency: config.concurrency,
    maxPullBatchSize: config.maxPullBatchSize,
    createTime: row.create_time,
  }
}
