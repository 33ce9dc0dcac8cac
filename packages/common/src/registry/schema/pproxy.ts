import { z } from 'zod'
import { embeddedEngineSchema } from './embedded-engine.ts'
import { topicConfigSchema } from './topic.ts'

const positive = z.int().positive()
const notNegative = z.int().nonnegative()

const pproxyThriftServerSchema = z.object({
  port: z.int().default(9613),
  selectorThreads: positive,
  workerThreads: notNegative,
  acceptQueueSizePerThread: positive,
  maxReadBufferBytes: positive,
  backlog: positive,
  clientTimeout: notNegative,
  workerQueueSize: notNegative,
  timeoutCheckerThreads: positive,
})

const autoBatchSchema = z
  .object({
    maxBathBytes: positive.default(4096),
    doBatchThresholdBytes: notNegative.default(1024),
    maxBatchMessagesNumber: positive.default(32),
    encodeWorkerThreads: positive.default(4),
    maxEncodeWorkerForEachBroker: positive.default(1),
    batchWaitMills: notNegative.default(5),
    maxContinuouslyRunningMills: positive.default(50),
  })
  .refine(batch => batch.doBatchThresholdBytes < batch.maxBathBytes, {
    path: ['doBatchThresholdBytes'],
    message: 'must be less than maxBathBytes',
  })

const rocketmqProducerSchema = z.object({
  namesrvAddrs: z.array(z.string()).min(1),
  groupPrefix: z.string(),
  sendMsgTimeout: notNegative,
  compressMsgBodyOverHowmuch: positive,
  retryTimesWhenSendFailed: notNegative,
  retryAnotherBrokerWhenNotStoreOK: z.boolean(),
  maxMessageSize: positive,
  clientCallbackExecutorThreads: positive,
  pollNameServerInterval: positive,
  heartbeatBrokerInterval: positive,
  persistConsumerOffsetInterval: positive,
})

const kafkaProducerSchema = z.object({
  bootstrapServers: z.array(z.string()).min(1),
  acks: z.string(),
  retries: notNegative,
  batchSize: positive,
  clientId: z.string(),
  retryBackoff: positive,
  metadataMaxAge: positive,
  metadataFetchTimeout: positive,
  ackTimeout: positive,
  bufferMemory: positive,
  /** Additional member: greatest body for the cluster's topics, as a RocketMQ entry has it. */
  maxMessageSize: positive.optional(),
})

const carreraConfigurationSchema = z.object({
  retryDelays: z.array(z.int()).min(1),
  useKafka: z.boolean().default(false),
  useRocketmq: z.boolean().default(false),
  useRequestLimiter: z.boolean().default(false),
  rocketmqProducers: notNegative.default(0),
  kafkaProducers: notNegative.default(0),
  thriftServer: pproxyThriftServerSchema,
  kafkaConfigurationMap: z.record(z.string(), kafkaProducerSchema).optional(),
  rocketmqConfigurationMap: z.record(z.string(), rocketmqProducerSchema).optional(),
  embeddedConfigurationMap: z.record(z.string(), embeddedEngineSchema).optional(),
  delay: z.object({ innerTopicNum: z.int(), chronosInnerTopicPrefix: z.string() }).optional(),
  useAutoBatch: z.boolean().default(false),
  autoBatch: autoBatchSchema.optional(),
  warmUpConnection: z.boolean().default(false),
  maxTps: positive.default(100_000),
  tpsWarningRatio: z.number().positive().default(0.9),
  defaultTopicInfoConf: z.object({ topics: z.array(topicConfigSchema).default([]) }).prefault({}),
  warmUpFetchTopicRouteInfo: z.boolean().default(true),
  limiterFailureRetryQueueSize: z.int().default(1024),
})

/** `/pproxy/<ip:port>` (common-monitor-deploy.md §4.3). Shape only: rules are in `validate-pproxy.ts`. */
export const pproxyConfigSchema = z.object({
  instance: z.string().min(1),
  proxyCluster: z.string().min(1),
  brokerClusters: z.array(z.string()).min(1),
  topics: z.array(z.string()).default([]),
  carreraConfiguration: carreraConfigurationSchema,
})

export type PProxyConfig = z.infer<typeof pproxyConfigSchema>
