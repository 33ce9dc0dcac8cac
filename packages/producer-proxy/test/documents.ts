import {
  type PProxyConfig,
  pproxyConfigSchema,
  type TopicConfig,
  topicConfigSchema,
} from '@ddmq/common/registry'

/** What topics of the delay service begin with. */
export const INNER_PREFIX = 'R_test_chronos_inner_'

export interface ProxyDocument {
  readonly instance: string
  readonly topics?: readonly string[]
  readonly clusters?: readonly string[]
  /** Where the document says that the proxy listens. */
  readonly port?: number
  /** Members of `carreraConfiguration` that differ from the usual ones. */
  readonly carrera?: object
}

/** A proxy's own document for the embedded engine, as the console writes it. */
export function proxyDocument({
  instance,
  topics = [],
  clusters = ['R_test'],
  port = 9613,
  carrera = {},
}: ProxyDocument): PProxyConfig {
  return pproxyConfigSchema.parse({
    instance,
    proxyCluster: 'P_test',
    brokerClusters: [...clusters],
    topics: [...topics],
    carreraConfiguration: {
      retryDelays: [200],
      thriftServer: {
        port,
        selectorThreads: 8,
        workerThreads: 0,
        acceptQueueSizePerThread: 100,
        maxReadBufferBytes: 5_000_000,
        backlog: 50,
        clientTimeout: 0,
        workerQueueSize: 20_000,
        timeoutCheckerThreads: 3,
      },
      delay: { innerTopicNum: 1, chronosInnerTopicPrefix: INNER_PREFIX },
      embeddedConfigurationMap: Object.fromEntries(
        clusters.map(clusterName => [clusterName, { clusterName }]),
      ),
      ...carrera,
    },
  })
}

/** An entry of `kafkaConfigurationMap`. */
export function kafkaEntry(...bootstrapServers: string[]) {
  return {
    bootstrapServers,
    acks: 'all',
    retries: 3,
    batchSize: 16_384,
    clientId: 'ddmq',
    retryBackoff: 100,
    metadataMaxAge: 300_000,
    metadataFetchTimeout: 3_000,
    ackTimeout: 5_000,
    bufferMemory: 33_554_432,
  }
}

export interface TopicDocument {
  readonly topic: string
  readonly instance: string
  readonly clusters?: readonly string[]
  readonly maxTps?: number
  /** Further members of the document. */
  readonly change?: object
}

export function topicDocument({
  topic,
  instance,
  clusters = ['R_test'],
  maxTps = 1024,
  change,
}: TopicDocument): TopicConfig {
  return topicConfigSchema.parse({
    topic,
    topicUnits: clusters.map(brokerCluster => ({ brokerCluster, maxTps, proxies: { P_test: [instance] } })),
    ...change,
  })
}
