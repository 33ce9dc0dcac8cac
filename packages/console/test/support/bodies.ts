export const OPERATOR = '/carrera/api/odin/internal'
export const CONSOLE = '/carrera/api/console'
export const OWN = '/carrera/api/ddmq/v1'

export function topicBody(topicName: string, overrides: object = {}) {
  return {
    user: 'ann',
    topicId: 0,
    topicName,
    service: 's',
    department: 'd',
    contacters: 'ann;',
    description: '',
    delayTopic: 1,
    produceMode: 0,
    conf: [confBody()],
    ...overrides,
  }
}

export function confBody(overrides: object = {}) {
  return {
    clusterId: 1,
    clusterName: 'ddmq',
    mqServerId: 1,
    produceTps: 1024,
    msgMaxSize: 1024,
    msgAvgSize: 1024,
    ...overrides,
  }
}

export function groupBody(groupName: string, overrides: object = {}) {
  return {
    user: 'ann',
    groupId: 0,
    groupName,
    service: 's',
    department: 'd',
    contacters: 'ann;',
    alarmLevel: 2,
    alarmIsEnable: 0,
    alarmMsgLag: 10_000,
    alarmDelayTime: 300_000,
    consumeMode: 1,
    ...overrides,
  }
}

/** A pull subscription as the original's form sends it. */
export function subBody(overrides: object = {}) {
  return {
    user: 'ann',
    subId: 0,
    groupId: 1,
    topicId: 1,
    clusters: { ddmq: 1 },
    maxTps: 128,
    pressureTraffic: 0,
    alarmType: 0,
    apiType: 1,
    msgType: 3,
    consumeType: 1,
    ...overrides,
  }
}
