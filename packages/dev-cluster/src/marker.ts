import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DevCluster } from './dev-cluster.ts'

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

export async function writeMarker({ dir, offset }: DevCluster): Promise<void> {
  const marker: Marker = { offset }
  await writeFile(fileOf(dir), `${JSON.stringify(marker)}\n`)
}

function fileOf(dir: string): string {
  return join(dir, 'dev-cluster.json')
}
