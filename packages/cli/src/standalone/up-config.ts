import { bytes } from '@ddmq/common/config'
import { consoleConfigSchema } from '@ddmq/console'
import { consumerProxyConfigSchema } from '@ddmq/consumer-proxy'
import { producerProxyConfigSchema } from '@ddmq/producer-proxy'
import { z } from 'zod'
import { hostPort, localHost } from '../address.ts'
import type { Ports } from '../ports.ts'

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
  console: consoleConfigSchema.describe('The console.'),
})
export type UpConfig = z.infer<typeof upConfigSchema>

/** What follows from the global options; every key can be overridden by file, environment and flags. */
export function upDefaults(host: string, ports: Ports, dataDir: string): Record<string, unknown> {
  const reachable = localHost(host)
  return {
    dataDir,
    admin: { host, port: ports.admin },
    producerProxy: { host, port: ports.producer, advertisedHost: reachable },
    consumerProxy: { host, port: ports.consumer, advertisedHost: reachable },
    console: {
      host,
      port: ports.console,
      databaseFile: `${dataDir}/console.db`,
      seed: {
        producerProxies: [hostPort(reachable, ports.producer)],
        consumerProxies: [hostPort(reachable, ports.consumer)],
      },
    },
  }
}
