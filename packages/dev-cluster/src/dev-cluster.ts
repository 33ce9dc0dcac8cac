import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ClusterPorts } from './cluster-ports.ts'

/** One cluster: where its data lies and where its processes listen. */
export interface DevCluster {
  readonly dir: string
  readonly offset: number
  readonly ports: ClusterPorts
}

/** Where the data is when `--data` does not say: beside that of `ddmq up`. */
export function defaultDir(env: Readonly<Record<string, string | undefined>>, offset: number): string {
  const { XDG_DATA_HOME: xdg } = env
  const home = xdg === undefined || xdg === '' ? join(homedir(), '.local', 'share') : xdg
  return join(home, 'ddmq', offset === 0 ? 'dev-cluster' : `dev-cluster-${offset}`)
}

/** The folder of one part of the cluster; only its owner may look into it. */
export async function folderOf({ dir }: DevCluster, part: string): Promise<string> {
  const folder = join(dir, part)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}
