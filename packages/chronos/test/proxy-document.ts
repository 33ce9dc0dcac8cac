import { type PProxyConfig, pproxyConfigSchema } from '@ddmq/common/registry'

/** A producer proxy's document, as far as a delay service reads it. */
export function proxyDocument(instance: string, cluster: string, carrera: object): PProxyConfig {
  return pproxyConfigSchema.parse({
    instance,
    proxyCluster: 'P_test',
    brokerClusters: [cluster],
    carreraConfiguration: {
      retryDelays: [200],
      kafkaProducers: 1,
      thriftServer: {
        selectorThreads: 8,
        workerThreads: 0,
        acceptQueueSizePerThread: 100,
        maxReadBufferBytes: 5_000_000,
        backlog: 50,
        clientTimeout: 0,
        workerQueueSize: 20_000,
        timeoutCheckerThreads: 3,
      },
      ...carrera,
    },
  })
}

/** An entry of `kafkaConfigurationMap`. */
export function kafkaEntry(bootstrapServers: readonly string[]): object {
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
