import { NO_LIMIT_TPS } from './model.ts'

/**
 * The producer proxies' template of a new relation: the original seed (console.md §9.2.3) without its engine, which follows
 * from the broker clusters, without its limit of 3000 messages per second, which was one for a demonstration, and with 4
 * shards of delayed messages instead of 1: the most instances of the delay service that share the work, and each of them
 * holds up a fourth of the messages when it goes. The number is any from 1 on by the protocol; it can grow later, never
 * shrink, as ids carry their shard.
 */
export const PPROXY_TEMPLATE = {
  useKafka: false,
  useRocketmq: false,
  useAutoBatch: true,
  useRequestLimiter: true,
  warmUpConnection: true,
  warmUpFetchTopicRouteInfo: true,
  kafkaProducers: 0,
  rocketmqProducers: 0,
  limiterFailureRetryQueueSize: 1024,
  maxTps: NO_LIMIT_TPS,
  tpsWarningRatio: 0.8,
  retryDelays: [200, 500, 1000, 5000, 10_000],
  defaultTopicInfoConf: { topics: [] },
  delay: { chronosInnerTopicPrefix: 'R_test_chronos_inner_', innerTopicNum: 4 },
  autoBatch: {
    batchWaitMills: 5,
    doBatchThresholdBytes: 1024,
    encodeWorkerThreads: 4,
    maxBatchMessagesNumber: 32,
    maxBathBytes: 4096,
    maxContinuouslyRunningMills: 50,
    maxEncodeWorkerForEachBroker: 1,
  },
  thriftServer: {
    acceptQueueSizePerThread: 100,
    backlog: 50,
    clientTimeout: 0,
    maxReadBufferBytes: 5_000_000,
    port: 9613,
    selectorThreads: 8,
    timeoutCheckerThreads: 3,
    workerQueueSize: 20_000,
    workerThreads: 0,
  },
} as const

/** Neither engine needs settings of its own on the consumer proxies' side. */
export const CPROXY_TEMPLATE = {} as const

/** An entry of `kafkaConfigurationMap` as far as no template says otherwise. Our proxies read the addresses only. */
export const KAFKA_PRODUCER_ENTRY = {
  acks: 'all',
  retries: 10,
  batchSize: 16_384,
  clientId: 'ddmq',
  retryBackoff: 100,
  metadataMaxAge: 300_000,
  metadataFetchTimeout: 3000,
  ackTimeout: 5000,
  bufferMemory: 33_554_432,
} as const

/** The same of `kafkaConfigs`. */
export const KAFKA_CONSUMER_ENTRY = {
  autoCommitInterval: 1000,
  rebalanceMaxRetries: 8,
  partitionAssignmentStrategy: 'range',
} as const
