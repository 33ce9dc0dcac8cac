import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** Linux counts CPU time of processes in ticks of 10 ms. */
const MICROSECONDS_PER_TICK = 10_000

export interface ProcessUsage {
  readonly cpuMicroseconds: number
  readonly rssBytes: number
}

/** Why the CPU time of other processes cannot be measured on this machine; undefined where it can. */
export function processUsageMissing(): string | undefined {
  return existsSync('/proc/self/stat') ? undefined : 'needs /proc, which tells the CPU time of a process'
}

/** CPU time and memory of a process so far; undefined where the system does not tell (not Linux, no such process). */
export async function processUsage(pid: number): Promise<ProcessUsage | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ])
    // The command name, in parentheses, may hold spaces: count the fields after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [, rssKiB = '0'] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? []
    return {
      cpuMicroseconds: (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK,
      rssBytes: Number(rssKiB) * 1024,
    }
  } catch {
    return undefined
  }
}
