import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogger } from '@ddmq/common/log'
import { EmbeddedRegistry, type PProxyConfig, pproxyConfigSchema } from '@ddmq/common/registry'

const PROXY = '127.0.0.1:9613'
/** Name of the broker cluster in the config tree. */
const CLUSTER = 'R_bench'

export interface ChronosOptions {
  /** Of its folder in that of the run. */
  readonly name: string
  readonly bootstrapServers: string
  /** Of the table that it serves. */
  readonly innerTopicPrefix: string
  /** Absent: its own default. */
  readonly sessionTimeoutMs?: number
}

/** Writes its configuration and its config tree; resolves with the file of the first. */
export async function writeChronosFiles(
  dir: string,
  admin: number,
  options: ChronosOptions,
): Promise<string> {
  await mkdir(dir, { recursive: true })
  await writeTree(join(dir, 'tree'), options)
  const config = join(dir, 'chronos.yaml')
  await writeFile(config, JSON.stringify(fileOf(dir, admin, options)))
  return config
}

function fileOf(dir: string, admin: number, options: ChronosOptions): object {
  const { bootstrapServers, sessionTimeoutMs } = options
  return {
    registry: { embedded: { dir: join(dir, 'tree') } },
    brokerClusters: {
      [CLUSTER]: {
        kafka: {
          bootstrapServers: bootstrapServers.split(','),
          ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
        },
      },
    },
    admin: { host: '127.0.0.1', port: admin },
    logLevel: 'warn',
    chronos: { dataDir: join(dir, 'index'), table: { demands: { replication: 1, minInsync: 1 } } },
  }
}

/** The service finds its table in the documents of the producer proxies. */
async function writeTree(dir: string, options: ChronosOptions): Promise<void> {
  const log = createLogger({ level: 'error', pretty: false, destination: process.stderr })
  const registry = new EmbeddedRegistry({ dir, log })
  await registry.start()
  await registry.put('pproxy', PROXY, proxyDocument(options))
  await registry.stop()
}

function proxyDocument({ bootstrapServers, innerTopicPrefix }: ChronosOptions): PProxyConfig {
  return pproxyConfigSchema.parse({
    instance: PROXY,
    proxyCluster: 'P_bench',
    brokerClusters: [CLUSTER],
    carreraConfiguration: {
      retryDelays: [200],
      useKafka: true,
      kafkaProducers: 1,
      kafkaConfigurationMap: {
        [CLUSTER]: {
          bootstrapServers: bootstrapServers.split(','),
          acks: 'all',
          retries: 3,
          batchSize: 16_384,
          clientId: 'ddmq',
          retryBackoff: 100,
          metadataMaxAge: 300_000,
          metadataFetchTimeout: 3_000,
          ackTimeout: 5_000,
          bufferMemory: 33_554_432,
        },
      },
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
      delay: { innerTopicNum: 4, chronosInnerTopicPrefix: innerTopicPrefix },
    },
  })
}
