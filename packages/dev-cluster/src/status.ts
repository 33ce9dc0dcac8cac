import type { DevCluster } from './dev-cluster.ts'
import { members } from './members.ts'
import { runningProcesses } from './records.ts'

const NAME_WIDTH = 18
const ADDRESS_WIDTH = 24

/** `ddmq dev-cluster status`: one line per process; fails when one of them is not well. */
export async function status(cluster: DevCluster, print: (line: string) => void): Promise<void> {
  const running = await runningProcesses(cluster)
  const lines = await Promise.all(
    members(cluster).map(async ({ name, process, address, ailment }) => {
      const record = running.get(process)
      const state = record === undefined ? 'not running' : ((await ailment()) ?? 'ready')
      return { state, text: line(name, address, record?.pid, state) }
    }),
  )
  for (const { text } of lines) print(text)
  if (lines.some(({ state }) => state !== 'ready')) process.exitCode = 1
}

/** One process in a table. */
export function line(name: string, address: string, pid: number | undefined, state: string): string {
  const process = pid === undefined ? '' : `process ${pid}`
  return `${name.padEnd(NAME_WIDTH)}${address.padEnd(ADDRESS_WIDTH)}${process.padEnd(16)}${state}`.trimEnd()
}
