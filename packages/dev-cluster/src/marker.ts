import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DevCluster } from './dev-cluster.ts'
import { STARTING } from './starting.ts'

const FILE = 'dev-cluster.json'
/** What a start that ended early may have left. */
const EARLY: readonly string[] = [FILE, STARTING]

/** Tells a folder of ours from any other, and which ports its servers were set up with. */
interface Marker {
  readonly offset: number
}

/** The port offset that the folder was made with; undefined when it is none of ours. */
export async function offsetOf({ dir }: DevCluster): Promise<number | undefined> {
  try {
    const { offset }: Marker = JSON.parse(await readFile(fileOf(dir), 'utf8'))
    return offset
  } catch {
    return undefined
  }
}

/** Rejects for a folder that holds anything of somebody else's: what is marked as ours, `down --purge` removes. */
export async function checkFolder(cluster: DevCluster): Promise<void> {
  const offset = await offsetOf(cluster)
  const { dir } = cluster
  if (offset === undefined) {
    if (await isEmpty(dir)) return
    throw new Error(`${dir} is not empty and holds no dev-cluster; name another folder with --data`)
  }
  if (offset !== cluster.offset) {
    throw new Error(`${dir} was made with --port-offset ${offset}; name another folder with --data`)
  }
}

export async function writeMarker({ dir, offset }: DevCluster): Promise<void> {
  const marker: Marker = { offset }
  await writeFile(fileOf(dir), `${JSON.stringify(marker)}\n`)
}

/** Also true when there is none, or when a start ended before it had marked it. */
async function isEmpty(dir: string): Promise<boolean> {
  try {
    return (await readdir(dir)).every(name => EARLY.includes(name))
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return true
    throw thrown
  }
}

function fileOf(dir: string): string {
  return join(dir, FILE)
}
