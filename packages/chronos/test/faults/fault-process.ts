import { fileURLToPath } from 'node:url'
import { type NodeProcess, spawnNode } from '@ddmq/testkit'
import type { ProcessWish } from './chronos-process.ts'

const FILE = fileURLToPath(new URL('chronos-process.ts', import.meta.url))

/** A delay service in a process of its own. */
export function spawnChronos(wish: ProcessWish): NodeProcess {
  return spawnNode(FILE, [JSON.stringify(wish)])
}

/** When it last became the owner of a shard, by its own clock; 0 when it never did. */
export function ownedSinceMs({ lines }: NodeProcess, shard: string): number {
  const line = lines.findLast(text => text.includes(`"owner of shard ${shard}"`))
  if (line === undefined) return 0
  const { time }: { readonly time: string } = JSON.parse(line)
  return Date.parse(time)
}

/** Deliveries that a process on the embedded engine has seen. */
export function deliveredBy({ lines }: NodeProcess): number {
  const said = lines.findLast(line => line.startsWith('delivered '))
  return Number(said?.split(' ')[1] ?? 0)
}
