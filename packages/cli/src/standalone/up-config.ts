import { join } from 'node:path'
import { type ChronosConfig, chronosConfigSchema } from '@ddmq/chronos'
import { bytes, durationMs } from '@ddmq/common/config'
import { instanceName } from '@ddmq/common/registry'
import { type ConsoleConfig, consoleConfigSchema } from '@ddmq/console'
import { consumerProxyConfigSchema } from '@ddmq/consumer-proxy'
import { producerProxyConfigSchema } from '@ddmq/producer-proxy'
import { z } from 'zod'
import { hostPort, localHost, ownAddress } from '../address.ts'
import type { Ports } from '../ports.ts'
import { portShape } from '../services/port-config.ts'
import { processShape } from '../services/process-config.ts'
import { seededBrokers } from '../services/seeded-brokers.ts'

/** What of the console's configuration does not follow from the rest of the process. */
const upConsoleSchema = consoleConfigSchema.extend({
  database: consoleConfigSchema.shape.database
    .optional()
    .describe('Where all metadata is kept; absent: a SQLite file in the data folder.'),
  seed: consoleConfigSchema.shape.seed
    .unwrap()
    .omit({ producerProxies: true, consumerProxies: true })
    .prefault({})
    .describe('Names that a new database begins with.'),
})

/** The index of delayed messages lies in the data folder. */
const upChronosSchema = chronosConfigSchema
  .omit({ dataDir: true })
  .extend({ writeBufferBytes: chronosConfigSchema.shape.writeBufferBytes.default(8 * 1024 * 1024) })
  .prefault({})

/**
 * Configuration of the standalone process: its own keys, and one section per service. With `registry` and `brokerClusters`
 * it works on those instead of the embedded log and tree.
 */
const upShape = z.strictObject({
  dataDir: z.string().min(1).describe('Folder that holds everything; owned by one process at a time.'),
  fsync: z.boolean().default(false).describe('Acknowledge only what is on the disk: survives power loss.'),
  ...processShape,
  freeSpaceFloorBytes: bytes()
    .default(256 * 1024 * 1024)
    .describe('Below this free space sends are refused as unavailable.'),
  retentionMs: durationMs()
    .default(7 * 24 * 3_600_000)
    .describe('Topics created from now on: older messages are deleted, consumed or not.'),
  retentionBytes: bytes()
    .optional()
    .describe('Topics created from now on: greatest size of a partition; absent: no limit.'),
  producerProxy: producerProxyConfigSchema.describe('The producer proxy.'),
  consumerProxy: consumerProxyConfigSchema.describe('The consumer proxy.'),
  console: upConsoleSchema.describe('The console.'),
  chronos: upChronosSchema.describe('The delay service.'),
  registry: portShape.registry.optional().describe('The config tree; absent: files in the data folder.'),
  brokerClusters: portShape.brokerClusters,
})
export const upConfigSchema = upShape.refine(isWhole, {
  path: ['brokerClusters'],
  error: 'registry and brokerClusters come together: name both, or none for the embedded log and tree',
})
export type UpConfig = z.infer<typeof upConfigSchema>

function isWhole({ registry, brokerClusters }: z.infer<typeof upShape>): boolean {
  return (registry === undefined) === (Object.keys(brokerClusters).length === 0)
}

/** What follows from the global options; every key can be overridden by file, environment and flags. */
export function upDefaults(host: string, ports: Ports, dataDir: string): Record<string, unknown> {
  const advertised = ownAddress(host)
  return {
    dataDir,
    admin: { host, port: ports.admin },
    producerProxy: { host, port: ports.producer, advertisedHost: advertised },
    consumerProxy: { host, port: ports.consumer, advertisedHost: advertised },
    console: { host, port: ports.console },
  }
}

/** The console's own configuration: it serves the two proxies of this process and keeps its database in the data folder. */
export function consoleConfig(config: UpConfig): ConsoleConfig {
  const { admin, dataDir, console, producerProxy, consumerProxy, brokerClusters } = config
  return {
    ...console,
    chronos: [`http://${hostPort(localHost(admin.host), admin.port)}`, ...console.chronos],
    database: console.database ?? { sqlite: { file: join(dataDir, 'console.db') } },
    seed: {
      ...seededBrokers(console.seed, brokerClusters),
      producerProxies: [instanceName(producerProxy)],
      consumerProxies: [instanceName(consumerProxy)],
    },
  }
}

/** The delay service's own configuration. */
export function chronosConfig({ chronos, dataDir }: UpConfig): ChronosConfig {
  return { ...chronos, dataDir: join(dataDir, 'chronos') }
}
