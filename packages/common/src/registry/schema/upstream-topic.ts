import { z } from 'zod'
import { proxiesSchema } from './topic.ts'

export const ACTIONS = [
  'FormParams',
  'FormParams2',
  'QueryParams',
  'Transit',
  'Json',
  'Async',
  'NonBlockAsync',
  'Groovy',
  'AsyncHttp',
  'PullServer',
  'Redis',
  'LowLevel',
  'Hdfs',
  'Hbase',
] as const
export type ActionName = (typeof ACTIONS)[number]

export const APPEND_CONTEXT = [
  'TOPIC',
  'GROUP',
  'OFFSET',
  'QID',
  'SOURCE',
  'MSG_KEY',
  'TOKEN',
  'PROPERTIES',
] as const
export type AppendContext = (typeof APPEND_CONTEXT)[number]

/** One subscription inside a group document (common-monitor-deploy.md §4.2.1). Shape only: rules are in `validate-subscription.ts`. */
export const upstreamTopicSchema = z.object({
  brokerCluster: z.string().default(''),
  proxies: proxiesSchema,
  enabled: z.boolean().default(false),
  topic: z.string().default(''),
  tags: z.array(z.string()).optional(),
  actions: z.array(z.string()).default([]),
  fetchThreads: z.int().default(1),
  maxTps: z.number().default(0),
  totalMaxTps: z.number().default(0),
  concurrency: z.int().default(1024),
  maxConsumeLag: z.int().default(-1),
  groovyScript: z.string().optional(),
  timeout: z.int().default(5000),
  pressureTraffic: z.boolean().default(false),
  orderKey: z.string().optional(),
  maxRetry: z.int().default(2),
  retryIntervals: z.array(z.int()).default([100, 150, 300]),
  urls: z.array(z.string()).optional(),
  httpMethod: z.string().default('POST'),
  queryParams: z.record(z.string(), z.string()).optional(),
  appendContext: z.array(z.enum(APPEND_CONTEXT)).optional(),
  transit: z.record(z.string(), z.string()).optional(),
  tokenKey: z.string().default(''),
  httpMaxTps: z.number().default(-1),
  maxPullBatchSize: z.int().default(8),
  hdfsConfiguration: z.looseObject({}).optional(),
  hbaseconfiguration: z.looseObject({}).optional(),
  enableAlarm: z.boolean().default(true),
  delayTimeThreshold: z.int().default(300_000),
  committedLagThreshold: z.int().default(10_000),
})

export type UpstreamTopic = z.infer<typeof upstreamTopicSchema>
