import type { DevCluster } from './dev-cluster.ts'
import { members } from './members.ts'
import { runningProcesses } from './records.ts'

const NAME_WIDTH = 18
const ADDRESS_WIDTH = 24

interface StatusOptions {
  readonly json: boolean
  readonly print: (line: string) => void
}

/** `ddmq dev-cluster status`: one line per process; fails when one of them is not well. */
export async function status(cluster: DevCluster, { json, print }: StatusOptions): Promise<void> {
  const running = await runningProcesses(cluster)
  const states = await Promise.all(
    members(cluster).map(async ({ name, process, address, ailment }) => {
      const pid = running.get(process)?.pid
      return { name, address, pid, state: pid === undefined ? 'not running' : ((await ailment()) ?? 'ready') }
    }),
  )
  for (const each of states) {
    print(json ? JSON.stringify(each) : line(each.name, each.address, each.pid, each.state))
  }
  if (states.some(({ state }) => state !== 'ready')) process.exitCode = 1
}

/** One process in a table. */
export function line(name: string, address: string, pid: number | undefined, state: string): string {
  const process = pid === undefined ? '' : `process ${pid}`
  return `${name.padEnd(NAME_WIDTH)}${address.padEnd(ADDRESS_WIDTH)}${process.padEnd(16)}${state}`.trimEnd()
}
