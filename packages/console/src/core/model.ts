import type { ActionName, DelaySettings } from '@ddmq/common/registry'

/** The metadata as the rules see it: live rows only, JSON columns parsed (console.md §4). */
export interface Inventory {
  readonly clusters: readonly Cluster[]
  readonly mqServers: readonly MqServer[]
  readonly relations: readonly Relation[]
  readonly nodes: readonly ProxyNode[]
  readonly topics: readonly Topic[]
  readonly confs: readonly TopicConf[]
  readonly groups: readonly Group[]
  readonly subscriptions: readonly Subscription[]
}

export interface Cluster {
  readonly id: number
  readonly name: string
  readonly description: string
  readonly idcId: number
  /** Name of the data centre. */
  readonly idc: string
}

/** A broker cluster; `type` as stored, see `MQ_SERVER_TYPE`. */
export interface MqServer {
  readonly id: number
  readonly name: string
  readonly addr: string
  readonly type: number
}

/** 0–2 are the original's; 10 is ours and leaves room for more of theirs. */
export const MQ_SERVER_TYPE = { rocketmq: 0, kafka: 1, virtualKafka: 2, embedded: 10 } as const

export type ProxyKind = 'pproxy' | 'cproxy'

/** Binds a cluster to a broker cluster and holds the template of its proxies' documents. */
export interface Relation {
  readonly clusterId: number
  readonly mqServerId: number
  readonly kind: ProxyKind
  readonly proxyConf: Readonly<Record<string, unknown>>
}

export interface ProxyNode {
  readonly id: number
  readonly clusterId: number
  /** As stored: a host, with `:port` when it is not the kind's default port. */
  readonly host: string
  readonly kind: ProxyKind
  /** Comes from the configuration and follows it; others are the operators'. */
  readonly seeded: boolean
}

export interface NewTopic {
  readonly name: string
  readonly service: string
  readonly department: string
  readonly owners: string
  readonly description: string
  readonly alarmGroup: readonly string[]
  readonly alarmEnabled: boolean
  readonly delayTopic: boolean
  readonly schema: string
  readonly schemaChecked: boolean
  readonly produceMode: number
  readonly extraParams: Readonly<Record<string, string>>
}

export interface Topic extends NewTopic {
  readonly id: number
  /** The defaults where it is no delay topic. */
  readonly delay: Readonly<DelaySettings>
  readonly autoBatch: boolean
  readonly compressionType: number
  readonly createTime: string
}

export interface NewTopicConf {
  readonly clusterId: number
  readonly mqServerId: number
  readonly produceTps: number
  readonly msgAvgSize: number
  readonly msgMaxSize: number
  readonly serverIdcId: number
  readonly serverIdcName: string
  readonly clientIdcs: Readonly<Record<string, number>>
}

export interface TopicConf extends NewTopicConf {
  readonly id: number
  readonly topicId: number
}

export interface NewGroup {
  readonly name: string
  readonly service: string
  readonly department: string
  readonly owners: string
  readonly alarmEnabled: boolean
  readonly alarmGroup: readonly string[]
  readonly alarmLevel: number
  readonly alarmMsgLag: number
  readonly alarmDelayTimeMs: number
  readonly broadcastConsume: number
  readonly consumeMode: number
  readonly extraParams: Readonly<Record<string, string>>
}

export interface Group extends NewGroup {
  readonly id: number
  readonly asyncThreads: number
  readonly createTime: string
}

export type StartFrom = 'latest' | 'earliest'

export interface NewSubscription {
  readonly groupId: number
  readonly topicId: number
  readonly clusterId: number
  readonly maxTps: number
  readonly pressureTraffic: boolean
  /** undefined inherits the group's. */
  readonly alarm:
    | { readonly enabled: boolean; readonly msgLag: number; readonly delayTimeMs: number }
    | undefined
  readonly apiType: number
  readonly consumeTimeoutMs: number
  readonly errorRetryTimes: number
  readonly retryIntervals: readonly number[]
  readonly msgType: number
  readonly consumeType: number
  readonly urls: readonly string[]
  /** 0 POST, 1 GET. */
  readonly httpMethod: number
  readonly queryParams: Readonly<Record<string, string>>
  readonly msgPushType: number
  readonly tokenKey: string
  readonly pushMaxConcurrency: number
  readonly actions: readonly ActionName[]
  readonly extraParams: Readonly<Record<string, string>>
  readonly startFrom: StartFrom
}

export interface Subscription extends NewSubscription {
  readonly id: number
  readonly enabled: boolean
  /** Positions are still to be set before the first delivery. */
  readonly needsStart: boolean
  readonly concurrency: number
  readonly maxPullBatchSize: number
  readonly createTime: string
}

/**
 * Written where nobody asked for a limit. The largest whole number the original `max_tps double(11,2)` column takes, so
 * that a database can move in both directions.
 */
export const NO_LIMIT_TPS = 999_999_999
