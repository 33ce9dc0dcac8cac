import { NO_LIMIT_TPS } from './model.ts'

/**
 * What the seed writes as the producer proxies' template for the embedded engine: the original seed (console.md §9.2.3)
 * without its engine, and without its limit of 3000 messages per second, which was one for a demonstration.
 */
export const EMBEDDED_PPROXY_TEMPLATE = {
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
  delay: { chronosInnerTopicPrefix: 'R_test_chronos_inner_', innerTopicNum: 1 },
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

/** The embedded engine has no settings of its own on the consumer proxies' side. */
export const EMBEDDED_CPROXY_TEMPLATE = {} as const
