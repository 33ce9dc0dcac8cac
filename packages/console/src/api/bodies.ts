import { z } from 'zod'
import type { RequestedSubscription } from '../app/create-subscription.ts'
import type { RequestedConf } from '../app/create-topic.ts'
import { actionChain } from '../core/action-chain.ts'
import type { NewGroup, NewTopic } from '../core/model.ts'
import { refuse } from '../core/problem.ts'
import { filled, lenientObject, numberIn, wholeNumber } from './parse.ts'

const textMap = z.record(z.string(), z.string()).default({})
const DEFAULT_PARTITIONS = 8

const confBody = lenientObject({
  clusterId: wholeNumber,
  mqServerId: numberIn(1),
  produceTps: numberIn(1, 2_147_483_647),
  msgMaxSize: numberIn(1),
  msgAvgSize: numberIn(1),
  serverIdcId: wholeNumber.default(0),
  serverIdcName: z.string().default(''),
  clientIdcMap: z.record(z.string(), wholeNumber).default({}),
  partitions: numberIn(1, 1024).default(DEFAULT_PARTITIONS),
})

/** console.md §5.1; `conf[].partitions` is ours. */
export const topicBody = lenientObject({
  user: filled,
  topicId: wholeNumber,
  topicName: z.string(),
  service: filled,
  department: filled,
  contacters: filled,
  description: z.string(),
  delayTopic: wholeNumber,
  produceMode: numberIn(0, 1),
  alarmGroup: z.array(z.string()).default([]),
  alarmIsEnable: numberIn(0, 1).default(0),
  enableSchemaVerify: wholeNumber.default(1),
  schema: z.string().default(''),
  extraParams: textMap,
  conf: z.array(confBody).min(1, { error: 'must name at least one cluster' }),
})

/** console.md §5.2. */
export const groupBody = lenientObject({
  user: filled,
  groupId: wholeNumber,
  groupName: z.string(),
  service: filled,
  department: filled,
  contacters: filled,
  alarmLevel: numberIn(1, 3),
  alarmIsEnable: numberIn(0, 1),
  alarmMsgLag: numberIn(1, 2_147_483_647),
  alarmDelayTime: numberIn(1, 2_147_483_647),
  consumeMode: numberIn(0, 2),
  broadcastConsume: wholeNumber.default(1),
  alarmGroup: z.array(z.string()).default([]),
  extraParams: textMap,
})

/** console.md §5.3; `from` is ours. */
export const subscriptionBody = lenientObject({
  user: filled,
  subId: wholeNumber,
  groupId: wholeNumber,
  topicId: wholeNumber,
  clusters: z
    .record(z.string(), wholeNumber)
    .refine(clusters => Object.keys(clusters).length > 0, { error: 'must name at least one cluster' }),
  maxTps: z.coerce.number().min(1).max(999_999_999),
  pressureTraffic: numberIn(0, 1),
  alarmType: numberIn(0, 1),
  alarmIsEnable: numberIn(0, 1).default(0),
  alarmMsgLag: wholeNumber.default(10_000),
  alarmDelayTime: wholeNumber.default(300_000),
  apiType: numberIn(1, 2),
  consumeTimeout: numberIn(1, 2_147_483_647).default(1000),
  errorRetryTimes: numberIn(-1, 2_147_483_647).default(3),
  retryIntervals: z.array(wholeNumber).default([50, 100, 150]),
  msgType: numberIn(1, 3).default(3),
  enableGroovy: wholeNumber.default(1),
  groovy: z.string().default(''),
  enableTransit: wholeNumber.default(1),
  transit: textMap,
  enableOrder: wholeNumber.default(1),
  orderKey: z.string().optional(),
  consumeType: numberIn(1, 3).default(1),
  bigDataType: wholeNumber.optional(),
  urls: z.array(z.string()).default([]),
  httpMethod: numberIn(0, 1).default(0),
  httpHeaders: textMap,
  httpQueryParams: textMap,
  msgPushType: numberIn(1, 2).optional(),
  httpToken: z.string().default(''),
  pushMaxConcurrency: wholeNumber.default(0),
  extraParams: textMap,
  useNonBlockAsync: z.boolean().default(false),
  from: z.enum(['latest', 'earliest']).default('latest'),
})

type TopicBody = z.infer<typeof topicBody>
type GroupBody = z.infer<typeof groupBody>
type SubscriptionBody = z.infer<typeof subscriptionBody>

export function toNewTopic(body: TopicBody): NewTopic {
  return {
    name: body.topicName,
    service: body.service,
    department: body.department,
    owners: body.contacters,
    description: body.description,
    alarmGroup: body.alarmGroup,
    alarmEnabled: body.alarmIsEnable === 0,
    delayTopic: body.delayTopic === 0,
    schema: body.schema,
    schemaChecked: body.enableSchemaVerify === 0,
    produceMode: body.produceMode,
    extraParams: body.extraParams,
  }
}

export function toConfs(body: TopicBody): readonly RequestedConf[] {
  return body.conf.map(({ clientIdcMap, ...conf }) => ({ ...conf, clientIdcs: clientIdcMap }))
}

export function toNewGroup(body: GroupBody): NewGroup {
  return {
    name: body.groupName,
    service: body.service,
    department: body.department,
    owners: body.contacters,
    alarmEnabled: body.alarmIsEnable === 0,
    alarmGroup: body.alarmGroup,
    alarmLevel: body.alarmLevel,
    alarmMsgLag: body.alarmMsgLag,
    alarmDelayTimeMs: body.alarmDelayTime,
    broadcastConsume: body.broadcastConsume,
    consumeMode: body.consumeMode,
    extraParams: body.extraParams,
  }
}

export function toSubscription(body: SubscriptionBody): RequestedSubscription {
  const orderKey = body.enableOrder === 0 ? (body.orderKey ?? '') : undefined
  refuse(
    Object.keys(body.httpHeaders).length === 0
      ? []
      : [{ field: 'httpHeaders', message: 'are not available in this version' }],
  )
  return {
    groupId: body.groupId,
    topicId: body.topicId,
    clusterIds: [...new Set(Object.values(body.clusters))],
    maxTps: body.maxTps,
    pressureTraffic: body.pressureTraffic === 1,
    alarm:
      body.alarmType === 0
        ? undefined
        : {
            enabled: body.alarmIsEnable === 0,
            msgLag: body.alarmMsgLag,
            delayTimeMs: body.alarmDelayTime,
          },
    apiType: body.apiType,
    consumeTimeoutMs: body.consumeTimeout,
    errorRetryTimes: body.errorRetryTimes,
    retryIntervals: body.retryIntervals,
    msgType: body.msgType,
    consumeType: body.consumeType,
    urls: body.urls,
    httpMethod: body.httpMethod,
    queryParams: body.httpQueryParams,
    msgPushType: body.msgPushType ?? 0,
    tokenKey: body.httpToken,
    pushMaxConcurrency: body.pushMaxConcurrency,
    actions: actionChain({
      apiType: body.apiType,
      consumeType: body.consumeType,
      bigDataType: body.bigDataType,
      msgType: body.msgType,
      groovy: body.enableGroovy === 0 ? body.groovy : '',
      transit: body.enableTransit === 0 ? body.transit : {},
      orderKey,
      msgPushType: body.msgPushType,
      queryParams: body.httpQueryParams,
      extraParams: body.extraParams,
      useNonBlockAsync: body.useNonBlockAsync,
    }),
    extraParams: body.extraParams,
    startFrom: body.from,
    orderKey,
  }
}
