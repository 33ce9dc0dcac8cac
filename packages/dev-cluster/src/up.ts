import { mkdir } from 'node:fs/promises'
import { settledBefore } from '@ddmq/common/async'
import { isPortFree, kafkaMissing, mariaDbMissing, zookeeperMissing } from '@ddmq/testkit'
import type { DevCluster } from './dev-cluster.ts'
import { stopAll } from './down.ts'
import { checkFolder, writeMarker } from './marker.ts'
import { members } from './members.ts'
import { runningProcesses } from './records.ts'
import { startServers } from './servers.ts'
import { startServices } from './services.ts'
import { claimStart } from './starting.ts'
import { line } from './status.ts'

/**
 * `ddmq dev-cluster up`: starts what does not run. Everything runs when it resolves; when it rejects, also by the signal, what
 * it had started is stopped again.
 */
export async function up(
  cluster: DevCluster,
  { print, signal }: { readonly print: (text: string) => void; readonly signal: AbortSignal },
): Promise<void> {
  const startMs = performance.now()
  await checkFolder(cluster)
  await mkdir(cluster.dir, { recursive: true, mode: 0o700 })
  await using _claim = await claimStart(cluster)
  const before = await runningProcesses(cluster)
  await checkStartable(cluster, new Set(before.keys()))
  await writeMarker(cluster)
  const starting = startEverything(cluster)
  try {
    const { passwordFile } = await settledBefore(signal, starting)
    await report(cluster, print)
    print(`sign in as admin with the password in ${passwordFile}`)
    print(`data, logs and configuration are in ${cluster.dir}`)
  } catch (cause) {
    const isNew = (process: string): boolean => !before.has(process)
    await stopAll(cluster, isNew)
    // An interrupted start goes on until it finds out; what it launched in the meantime goes as well.
    await starting.catch(() => undefined)
    await stopAll(cluster, isNew)
    throw new Error('the cluster did not start; what was started is stopped again', { cause })
  }
  print(`ddmq cluster ready in ${Math.round(performance.now() - startMs)} ms`)
}

async function startEverything(cluster: DevCluster): Promise<{ readonly passwordFile: string }> {
  return startServices(cluster, await startServers(cluster))
}

async function report(cluster: DevCluster, print: (text: string) => void): Promise<void> {
  const running = await runningProcesses(cluster)
  for (const { name, process, address } of members(cluster))
    print(line(name, address, running.get(process)?.pid, ''))
}

async function checkStartable(cluster: DevCluster, running: ReadonlySet<string>): Promise<void> {
  const missing = kafkaMissing() ?? zookeeperMissing() ?? (await mariaDbMissing())
  if (missing !== undefined) throw new Error(`this machine cannot run a dev-cluster: it ${missing}`)
  for (const { name, process, ports } of members(cluster)) {
    if (running.has(process)) continue
    for (const port of ports) {
      if (!(await isPortFree(port))) {
        throw new Error(`port ${port} of ${name} is in use; move all ports with --port-offset`)
      }
    }
  }
}
