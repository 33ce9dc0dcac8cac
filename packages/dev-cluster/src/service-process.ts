import { join, resolve } from 'node:path'
import { ServerProcess } from '@ddmq/testkit'
import { type DevCluster, folderOf } from './dev-cluster.ts'

const CLI = resolve(import.meta.dirname, '../../cli/src/main.ts')
const PROBE_MS = 2_000
const READY_WITHIN_MS = 60_000

export interface ServiceCommand {
  /** Name of the process. */
  readonly name: string
  /** The command that starts it. */
  readonly service: 'console' | 'producer-proxy' | 'consumer-proxy' | 'chronos'
  readonly admin: number
  readonly configFile: string
}

/** One service of ours as a process that goes on by itself; ready when it says so. */
export async function serviceProcess(cluster: DevCluster, command: ServiceCommand): Promise<ServerProcess> {
  const { name, service, admin, configFile } = command
  return new ServerProcess({
    name,
    program: process.execPath,
    args: [
      '--max-semi-space-size=8',
      '--heap-growing-percent=100',
      '--no-allocation-site-pretenuring',
      '--conditions=@ddmq/source',
      CLI,
      service,
      '--config',
      configFile,
    ],
    logFile: join(await folderOf(cluster, 'logs'), `${name}.log`),
    readyWithinMs: READY_WITHIN_MS,
    outlives: true,
    async ready() {
      const reason = await notReady(admin)
      if (reason !== undefined) throw new Error(reason)
    },
  })
}

/** Why the service behind an admin port is not ready; undefined when it is. */
export async function notReady(admin: number): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(PROBE_MS)
    const response = await fetch(`http://127.0.0.1:${admin}/readyz`, { signal })
    const body = Object(await response.json())
    return response.ok ? undefined : String(body.reason)
  } catch {
    return `no answer at 127.0.0.1:${admin}`
  }
}
