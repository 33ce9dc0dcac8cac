import { bytes } from '@ddmq/common/config'
import { z } from 'zod'

/** Keys that every process of DDMQ has, one service or all of them. */
export const processShape = {
  memoryBudgetBytes: bytes()
    .default(256 * 1024 * 1024)
    .describe('Message bytes held in memory by the whole process.'),
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
}

const processSchema = z.strictObject(processShape)
export type ProcessConfig = Readonly<z.infer<typeof processSchema>>
