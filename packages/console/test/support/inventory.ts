import type { Group, Inventory, ProxyKind, Subscription, Topic } from '../../src/core/model.ts'

/** One cluster, one broker cluster, one topic `orders` at 1024 per second, and as many proxies of each kind as asked. */
export function inventoryWith(overrides: Partial<Inventory> = {}): Inventory {
  return {
    clusters: [{ id: 1, name: 'ddmq', description: '', idcId: 1, idc: 'default' }],
    mqServers: [{ id: 1, name: 'R_default', addr: 'embedded', type: 10 }],
    relations: [
      { clusterId: 1, mqServerId: 1, kind: 'pproxy', proxyConf: {} },
      { clusterId: 1, mqServerId: 1, kind: 'cproxy', proxyConf: {} },
    ],
    nodes: nodes('pproxy', 1),
    topics: [topicOf({})],
    confs: [
      {
        id: 1,
        topicId: 1,
        clusterId: 1,
        mqServerId: 1,
        produceTps: 1024,
        msgAvgSize: 0,
        msgMaxSize: 0,
        serverIdcId: 0,
        serverIdcName: '',
        clientIdcs: {},
      },
    ],
    groups: [],
    subscriptions: [],
    ...overrides,
  }
}

export function nodes(kind: ProxyKind, count: number) {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    clusterId: 1,
    host: `10.0.0.${index + 1}`,
    kind,
    seeded: false,
  }))
}

export function topicOf(overrides: Partial<Topic>): Topic {
  return {
    id: 1,
    name: 'orders',
    service: 's',
    department: 'd',
    owners: 'ann;',
    description: '',
    alarmGroup: [],
    alarmEnabled: true,
    delayTopic: false,
    schema: '',
    schemaChecked: false,
    produceMode: 0,
    extraParams: {},
    autoBatch: false,
    compressionType: 0,
    delay: { misfire: 'all', paused: false },
    createTime: '',
    ...overrides,
  }
}

export const GROUP: Group = {
  id: 1,
  name: 'cg_a',
  service: 's',
  department: 'd',
  owners: 'ann;',
  alarmEnabled: true,
  alarmGroup: [],
  alarmLevel: 2,
  alarmMsgLag: 10_000,
  alarmDelayTimeMs: 300_000,
  broadcastConsume: 1,
  consumeMode: 1,
  extraParams: {},
  asyncThreads: 8,
  createTime: '',
}

export function subscriptionOf(overrides: Partial<Subscription>): Subscription {
  return {
    id: 1,
    groupId: 1,
    topicId: 1,
    clusterId: 1,
    maxTps: 128,
    pressureTraffic: false,
    alarm: undefined,
    apiType: 1,
    consumeTimeoutMs: 1000,
    errorRetryTimes: 3,
    retryIntervals: [],
    msgType: 3,
    consumeType: 1,
    urls: [],
    httpMethod: 0,
    queryParams: {},
    msgPushType: 0,
    tokenKey: '',
    pushMaxConcurrency: 0,
    actions: ['Async', 'PullServer'],
    extraParams: {},
    startFrom: 'latest',
    enabled: true,
    needsStart: false,
    concurrency: 1024,
    maxPullBatchSize: 8,
    createTime: '',
    ...overrides,
  }
}
