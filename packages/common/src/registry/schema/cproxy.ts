import { z } from 'zod'
import { embeddedEngineSchema } from './embedded-engine.ts'

const positive = z.int().positive()

export const cproxyThriftServerSchema = z.object({
  port: z.int().default(9713),
  selectorThreads: positive.default(16),
  workerThreads: positive.default(128),
  acceptQueueSizePerThread: positive.default(100),
  maxReadBufferBytes: positive.default(5_000_000),
  backlog: positive.default(50),
  workerQueueSize: positive.default(20_000),
  maxRecvMsgsLength: positive.default(4_194_304),
})

export const rocketmqConsumerSchema = z.object({
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
})

export const kafkaConsumerSchema = z.object({
  clusterName: z.string().optional(),
  zookeeperAddr: z.string().min(1),
  autoCommitInterval: positive,
  rebalanceMaxRetries: z.int().default(8),
  partitionAssignmentStrategy: z.enum(['range', 'roundrobin']).default('range'),
  extra: z.record(z.string(), z.string()).optional(),
})

/** `/cproxy/<ip:port>` (common-monitor-deploy.md §4.4). At least one engine map must be there. */
export const cproxyConfigSchema = z
  .object({
    instance: z.string().min(1),
    proxyCluster: z.string().min(1),
    brokerClusters: z.array(z.string()).min(1),
    kafkaConfigs: z.record(z.string(), kafkaConsumerSchema).optional(),
    rocketmqConfigs: z.record(z.string(), rocketmqConsumerSchema).optional(),
    embeddedConfigs: z.record(z.string(), embeddedEngineSchema).optional(),
    thriftServer: cproxyThriftServerSchema,
    groups: z.array(z.string()).default([]),
  })
  .refine(
    config =>
      config.kafkaConfigs !== undefined ||
      config.rocketmqConfigs !== undefined ||
      config.embeddedConfigs !== undefined,
    { message: 'one of kafkaConfigs, rocketmqConfigs, embeddedConfigs must be present' },
  )

export type CProxyConfig = z.infer<typeof cproxyConfigSchema>
