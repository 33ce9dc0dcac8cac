import { ACTIONS, DELAY_MISFIRES } from '@ddmq/common/registry'
import { z } from 'zod'
import type { RequestedSubscription } from '../app/create-subscription.ts'
import { type Inventory, type NewGroup, type NewTopic, NO_LIMIT_TPS } from '../core/model.ts'

const tps = z.int().min(1).max(NO_LIMIT_TPS)
const milliseconds = z.int().min(1).max(2_147_483_647)
/** A push that nobody limits is limited by what is in flight; the original's form starts with the same number. */
const DEFAULT_PUSH_CONCURRENCY = 128

/** No `tps` means no limit. */
export const newTopicBody = z.strictObject({
  topic: z.string(),
  partitions: z.int().min(1).max(1024).default(4),
  tps: tps.optional(),
  description: z.string().default(''),
  delayTopic: z.boolean().default(false),
  /** Absent: the one of the console's configuration. */
  brokerClusters: z.array(z.string()).min(1).optional(),
})

/** What is absent stays as it is. */
export const topicDelayBody = z
  .strictObject({
    misfire: z.enum(DELAY_MISFIRES).optional(),
    paused: z.boolean().optional(),
  })
  .refine(({ misfire, paused }) => misfire !== undefined || paused !== undefined, {
    error: 'must have misfire or paused',
  })

export const newGroupBody = z.strictObject({ group: z.string() })

export const newSubscriptionBody = z
  .strictObject({
    group: z.string(),
    topic: z.string(),
    push: z
      .strictObject({
        urls: z.array(z.string()).min(1),
        method: z.enum(['POST', 'GET']).default('POST'),
        actions: z.array(z.enum(ACTIONS)).default(['Async', 'FormParams', 'AsyncHttp']),
      })
      .optional(),
    from: z.enum(['latest', 'earliest']).default('latest'),
    enabled: z.boolean().default(true),
    concurrency: z.int().min(1).max(100_000).optional(),
    maxPullBatchSize: z.int().min(1).max(100_000).optional(),
    maxRetry: z.int().min(-1).max(1_000_000).default(3),
    retryIntervals: z.array(z.int().min(-1)).default([50, 100, 150]),
    timeoutMs: milliseconds.default(1000),
    tps: tps.optional(),
    token: z.string().default(''),
  })
  .refine(({ push, maxPullBatchSize }) => push === undefined || maxPullBatchSize === undefined, {
    path: ['maxPullBatchSize'],
    error: 'is for subscriptions that are pulled, and this one is pushed',
  })

export const subscriptionNameBody = z.object({ group: z.string(), topic: z.string() })
export const newTokenBody = z.strictObject({ name: z.string() })

export const tailQuery = z.object({
  from: z.enum(['latest', 'earliest']).default('latest'),
  max: z.coerce.number().int().min(1).default(Number.MAX_SAFE_INTEGER),
  partition: z.string().optional(),
})

export function ownTopic(body: z.infer<typeof newTopicBody>, owner: string): NewTopic {
  return {
    name: body.topic,
    service: 'default',
    department: 'default',
    owners: owner,
    description: body.description,
    alarmGroup: [],
    alarmEnabled: true,
    delayTopic: body.delayTopic,
    schema: '',
    schemaChecked: false,
    produceMode: 0,
    extraParams: {},
  }
}

export function ownGroup(name: string, owner: string): NewGroup {
  return {
    name,
    service: 'default',
    department: 'default',
    owners: owner,
    alarmEnabled: true,
    alarmGroup: [],
    alarmLevel: 2,
    alarmMsgLag: 10_000,
    alarmDelayTimeMs: 300_000,
    broadcastConsume: 1,
    consumeMode: 1,
    extraParams: {},
  }
}

type NewSubscriptionBody = z.infer<typeof newSubscriptionBody>

/** In every cluster the topic is in. */
export function ownSubscription(
  body: NewSubscriptionBody,
  inventory: Inventory,
  ids: { readonly groupId: number; readonly topicId: number },
): RequestedSubscription {
  const confs = inventory.confs.filter(conf => conf.topicId === ids.topicId)
  return {
    ...ids,
    clusterIds: [...new Set(confs.map(conf => conf.clusterId))],
    maxTps: body.tps ?? NO_LIMIT_TPS,
    pressureTraffic: false,
    alarm: undefined,
    apiType: 1,
    consumeTimeoutMs: body.timeoutMs,
    errorRetryTimes: body.maxRetry,
    retryIntervals: body.retryIntervals,
    msgType: 3,
    queryParams: {},
    tokenKey: body.token,
    startFrom: body.from,
    orderKey: undefined,
    ...(body.push === undefined ? pullMembers(body) : pushMembers(body.push, body.concurrency)),
  }
}

function pullMembers({ concurrency, maxPullBatchSize }: NewSubscriptionBody) {
  return {
    consumeType: 1,
    urls: [],
    httpMethod: 0,
    msgPushType: 0,
    pushMaxConcurrency: 0,
    actions: ['Async', 'PullServer'] as const,
    extraParams: {
      ...(concurrency === undefined ? {} : { concurrency: String(concurrency) }),
      ...(maxPullBatchSize === undefined ? {} : { maxPullBatchSize: String(maxPullBatchSize) }),
    },
  }
}

function pushMembers(push: NonNullable<NewSubscriptionBody['push']>, concurrency: number | undefined) {
  return {
    consumeType: 2,
    urls: push.urls,
    httpMethod: push.method === 'GET' ? 1 : 0,
    msgPushType: push.actions.includes('FormParams') ? 1 : 0,
    pushMaxConcurrency: concurrency ?? DEFAULT_PUSH_CONCURRENCY,
    actions: push.actions,
    extraParams: {},
  }
}
