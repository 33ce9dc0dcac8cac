import { z } from 'zod'
import { embeddedEngineSchema } from './embedded-engine.ts'

const positive = z.int().positive()

const cproxyThriftServerSchema = z.object({
  port: z.int().default(9713),
  selectorThreads: positive.default(16),
  workerThreads: positive.default(128),
  acceptQueueSizePerThread: positive.default(100),
  maxReadBufferBytes: positive.default(5_000_000),
  backlog: positive.default(50),
  workerQueueSize: positive.default(20_000),
  maxRecvMsgsLength: positive.default(4_194_304),
})

const rocketmqConsumerSchema = z.object({
  clusterName: z.string().optional(),
  namesrvAddrs: z.array(z.string()).min(1),
  groupPrefix: z.string().min(1),
  pollNameServerInterval: positive,
  heartbeatBrokerInterval: positive,
  persistConsumerOffsetInterval: positive,
  consumeConcurrentlyMaxSpan: positive,
  consumeMessageBatchMaxSize: positive,
  pullBatchSize: positive,
  pullThresholdForQueue: positive,
  consumeFromWhere: z
    .enum(['CONSUME_FROM_LAST_OFFSET', 'CONSUME_FROM_FIRST_OFFSET', 'CONSUME_FROM_TIMESTAMP'])
    .optional(),
  consumeTimestamp: z.string().optional(),
  consumeThreadMin: z.int().optional(),
  consumeThreadMax: z.int().optional(),
  pullThresholdSizeForQueue: z.int().optional(),
  pullThresholdForTopic: z.int().optional(),
  pullThresholdSizeForTopic: z.int().optional(),
  subscription: z.record(z.string(), z.string()).optional(),
  orderly: z.boolean().optional(),
  messageModel: z.string().optional(),
  instanceName: z.string().optional(),
})

/**
 * `bootstrapServers` is an additional member: the brokers' addresses, as a producer proxy's entry has them. The original
 * member is for clients that ask ZooKeeper; ours never does, and the entry may do without it where ours is present.
 */
const kafkaConsumerSchema = z
  .object({
    clusterName: z.string().optional(),
    zookeeperAddr: z.string().min(1).optional(),
    bootstrapServers: z.array(z.string().min(1)).min(1).optional(),
    autoCommitInterval: positive,
    rebalanceMaxRetries: z.int().default(8),
    partitionAssignmentStrategy: z.enum(['range', 'roundrobin']).default('range'),
    extra: z.record(z.string(), z.string()).optional(),
  })
  .refine(entry => entry.zookeeperAddr !== undefined || entry.bootstrapServers !== undefined, {
    path: ['zookeeperAddr'],
    message: 'must be present where there is no bootstrapServers',
  })

/** `/cproxy/<ip:port>` (common-monitor-deploy.md §4.4). Shape only: the rule is in `validate-cproxy.ts`. */
export const cproxyConfigSchema = z.object({
  instance: z.string().min(1),
  proxyCluster: z.string().min(1),
  brokerClusters: z.array(z.string()).min(1),
  kafkaConfigs: z.record(z.string(), kafkaConsumerSchema).optional(),
  rocketmqConfigs: z.record(z.string(), rocketmqConsumerSchema).optional(),
  embeddedConfigs: z.record(z.string(), embeddedEngineSchema).optional(),
  thriftServer: cproxyThriftServerSchema,
  groups: z.array(z.string()).default([]),
})

export type CProxyConfig = z.infer<typeof cproxyConfigSchema>
