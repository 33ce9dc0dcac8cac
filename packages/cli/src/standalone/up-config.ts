import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { bytes, durationMs } from '@ddmq/common/config'
import { instanceName } from '@ddmq/common/registry'
import { type ConsoleConfig, consoleConfigSchema } from '@ddmq/console'
import { consumerProxyConfigSchema } from '@ddmq/consumer-proxy'
import { producerProxyConfigSchema } from '@ddmq/producer-proxy'
import { z } from 'zod'
import { advertisedHost } from '../address.ts'
import type { Ports } from '../ports.ts'

/** What of the console's configuration does not follow from the rest of the process. */
const upConsoleSchema = consoleConfigSchema.omit({ database: true }).extend({
  seed: consoleConfigSchema.shape.seed
    .unwrap()
    .omit({ producerProxies: true, consumerProxies: true })
    .prefault({})
    .describe('Names that a new database begins with.'),
})

/** Configuration of the standalone process: its own keys, and one section per service. */
export const upConfigSchema = z.strictObject({
  dataDir: z.string().min(1).describe('Folder that holds everything; owned by one process at a time.'),
  fsync: z.boolean().default(false).describe('Acknowledge only what is on the disk: survives power loss.'),
  memoryBudgetBytes: bytes()
    .default(256 * 1024 * 1024)
    .describe('Message bytes held in memory by all services together.'),
  freeSpaceFloorBytes: bytes()
    .default(256 * 1024 * 1024)
    .describe('Below this free space sends are refused as unavailable.'),
  retentionMs: durationMs()
    .default(7 * 24 * 3_600_000)
    .describe('Topics created from now on: older messages are deleted, consumed or not.'),
  retentionBytes: bytes()
    .optional()
    .describe('Topics created from now on: greatest size of a partition; absent: no limit.'),
  logLevel: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least severe level that is logged.'),
  stopTimeoutMs: z
    .int()
    .positive()
    .default(30_000)
    .describe('Time a stop may take before the process ends all the same.'),
  admin: z
    .strictObject({
      host: z.string().min(1).describe('Address of the admin listener.'),
      port: z.int().min(0).max(65_535).describe('Port of /livez, /readyz, /metrics and /config.'),
    })
    .describe('Admin listener.'),
  producerProxy: producerProxyConfigSchema.describe('The producer proxy.'),
  consumerProxy: consumerProxyConfigSchema.describe('The consumer proxy.'),
  console: upConsoleSchema.describe('The console.'),
})
export type UpConfig = z.infer<typeof upConfigSchema>

/** What follows from the global options; every key can be overridden by file, environment and flags. */
export function upDefaults(host: string, ports: Ports, dataDir: string): Record<string, unknown> {
  const advertised = advertisedHost(host, networkInterfaces())
  return {
    dataDir,
    admin: { host, port: ports.admin },
    producerProxy: { host, port: ports.producer, advertisedHost: advertised },
    consumerProxy: { host, port: ports.consumer, advertisedHost: advertised },
    console: { host, port: ports.console },
  }
}

/** The console's own configuration: it serves the two proxies of this process and keeps its database in the data folder. */
export function consoleConfig({ dataDir, console, producerProxy, consumerProxy }: UpConfig): ConsoleConfig {
  return {
    ...console,
    database: { sqlite: { file: join(dataDir, 'console.db') } },
    seed: {
      ...console.seed,
      producerProxies: [instanceName(producerProxy)],
      consumerProxies: [instanceName(consumerProxy)],
    },
  }
}
