import { cpus, loadavg, release, totalmem, type } from 'node:os'
import { z } from 'zod'

export const machineSchema = z.object({
  cpu: z.string(),
  cores: z.number(),
  memoryMiB: z.number(),
  kernel: z.string(),
  node: z.string(),
})

export type Machine = z.infer<typeof machineSchema>

/** What the figures depend on. */
export function thisMachine(): Machine {
  const cores = cpus()
  return {
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryMiB: Math.round(totalmem() / 1024 / 1024),
    kernel: `${type()} ${release()}`,
    node: process.version,
  }
}

/** How many processes wanted to run, over the last minute. */
export function loadOfLastMinute(): number {
  return loadavg()[0] ?? 0
}
