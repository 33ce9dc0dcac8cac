import { rm } from 'node:fs/promises'
import { type ProcessRecord, stopRecorded } from '@ddmq/testkit'
import type { DevCluster } from './dev-cluster.ts'
import { offsetOf } from './marker.ts'
import { runningProcesses } from './records.ts'

const SERVICE_STOP_MS = 35_000
/** Brokers that all go at once find no controller to hand over to; what they acknowledged is on the disk. */
const SERVER_STOP_MS = 15_000

export interface DownOptions {
  readonly purge: boolean
  readonly print: (line: string) => void
}

/** `ddmq dev-cluster down` */
export async function down(cluster: DevCluster, { purge, print }: DownOptions): Promise<void> {
  const stopped = await stopAll(cluster)
  print(stopped === 0 ? 'no process of the cluster is running' : `stopped ${stopped} processes`)
  if (!purge) return
  if ((await offsetOf(cluster)) === undefined)
    throw new Error(`${cluster.dir} holds no dev-cluster; nothing was removed`)
  await rm(cluster.dir, { recursive: true, force: true })
  print(`removed ${cluster.dir}`)
}

/** Stops what runs of the cluster, or some of it: our services first, in the reverse order of their start, then what they work on. */
export async function stopAll(
  cluster: DevCluster,
  isWanted: (process: string) => boolean = () => true,
): Promise<number> {
  const running = await runningProcesses(cluster)
  const records = [...running.values()].filter(({ name }) => isWanted(name))
  const stop = async (belongs: (record: ProcessRecord) => boolean, withinMs: number): Promise<void> => {
    await Promise.all(records.filter(belongs).map(record => stopRecorded(record, withinMs)))
  }
  await stop(({ name }) => /-proxy-\d+$/.test(name), SERVICE_STOP_MS)
  await stop(({ name }) => name === 'console', SERVICE_STOP_MS)
  await stop(() => true, SERVER_STOP_MS)
  return records.length
}
