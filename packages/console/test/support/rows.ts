import type { NewGroup, NewSubscription, NewTopic, NewTopicConf } from '../../src/core/model.ts'
import type { Seed } from '../../src/core/ports.ts'

export const SEED: Seed = {
  idc: 'default',
  cluster: 'ddmq',
  brokerCluster: { name: 'R_default', addr: 'embedded', type: 10 },
  pproxyTemplate: { maxTps: 3000 },
  cproxyTemplate: {},
}

export function newTopic(name: string, overrides: Partial<NewTopic> = {}): NewTopic {
  return {
    name,
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
    ...overrides,
  }
}

export function newConf(overrides: Partial<NewTopicConf> = {}): NewTopicConf {
  return {
    clusterId: 1,
    mqServerId: 1,
    produceTps: 1024,
    msgAvgSize: 1,
    msgMaxSize: 2,
    serverIdcId: 0,
    serverIdcName: '',
    clientIdcs: {},
    ...overrides,
  }
}

export function newGroup(name: string, overrides: Partial<NewGroup> = {}): NewGroup {
  return {
    name,
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
    ...overrides,
  }
}

export function newSubscription(overrides: Partial<NewSubscription> = {}): NewSubscription {
  return {
    groupId: 1,
    topicId: 1,
    clusterId: 1,
    maxTps: 128,
    pressureTraffic: false,
    alarm: undefined,
    apiType: 1,
    consumeTimeoutMs: 1000,
    errorRetryTimes: 3,
    retryIntervals: [50, 100],
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
    ...overrides,
  }
}
