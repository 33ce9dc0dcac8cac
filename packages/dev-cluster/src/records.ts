import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { isRecordedRunning, isRecordFile, type ProcessRecord, readProcessRecord } from '@ddmq/testkit'
import type { DevCluster } from './dev-cluster.ts'

/** Logs, and the records beside them, lie at most this deep: deeper is the data of the servers. */
const DEPTHS = ['*', '*/*', '*/*/*']

/** The processes of the cluster that run, by name. */
export async function runningProcesses({ dir }: DevCluster): Promise<ReadonlyMap<string, ProcessRecord>> {
  const running = new Map<string, ProcessRecord>()
  for await (const file of glob(DEPTHS, { cwd: dir })) {
    if (!isRecordFile(file)) continue
    const record = await readProcessRecord(join(dir, file))
    if (record !== undefined && (await isRecordedRunning(record))) running.set(record.name, record)
  }
  return running
}
