import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import { CONFIG_ROOT } from '../paths.ts'
import type { RawTree } from './raw-tree.ts'

const nodeSchema = z.strictObject({
  path: z.string().regex(new RegExp(`^${CONFIG_ROOT}(?:/|$)`), `below ${CONFIG_ROOT}`),
  text: z.string().optional(),
  /** Of data that are no text. */
  base64: z.base64().optional(),
})

/** The file of an exported tree. A node stands before those below it. */
export const treeExportSchema = z.strictObject({
  format: z.literal('ddmq-config-tree/1'),
  exportedAt: z.iso.datetime(),
  nodes: z.array(nodeSchema),
})

export type TreeExport = z.infer<typeof treeExportSchema>
type ExportedNode = z.infer<typeof nodeSchema>

/** Nodes that are read at the same time. */
const BATCH = 100

/** Everything in the tree, byte for byte, also nodes that are no documents of ours. Changes made meanwhile may be in it or not. */
export async function exportTree(tree: RawTree, now = new Date()): Promise<TreeExport> {
  const nodes = await collect(tree, CONFIG_ROOT)
  return { format: 'ddmq-config-tree/1', exportedAt: now.toISOString(), nodes: [...nodes] }
}

async function collect(tree: RawTree, path: string): Promise<readonly ExportedNode[]> {
  const data = await tree.read(path)
  // Deleted since its parent was read.
  if (data === undefined) return []
  const nodes = [exported(path, data)]
  const names = await tree.children(path)
  for (let from = 0; from < names.length; from += BATCH) {
    const batch = names.slice(from, from + BATCH)
    const below = await Promise.all(batch.map(async name => collect(tree, `${path}/${name}`)))
    nodes.push(...below.flat())
  }
  return nodes
}

function exported(path: string, data: Uint8Array): ExportedNode {
  const bytes = Buffer.from(data)
  return isUtf8(bytes) ? { path, text: bytes.toString() } : { path, base64: bytes.toString('base64') }
}

/** The data of an exported node. */
export function dataOf({ text, base64 }: ExportedNode): Buffer {
  return base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64')
}
