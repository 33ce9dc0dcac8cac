import { DocumentInvalidError } from '../errors.ts'
import { dataOf, treeExportSchema } from './export-tree.ts'
import type { RawTree } from './raw-tree.ts'

export interface ImportOptions {
  /** False (default): a node that holds something else is left as it is and counted. */
  readonly overwrite?: boolean
}

export interface ImportReport {
  readonly written: number
  readonly same: number
  /** Paths of nodes that hold something else and were left. */
  readonly kept: readonly string[]
}

/**
 * Writes the nodes of an exported tree. What is in the tree and not in the file stays. May be repeated: what was written
 * before is the same then. Throws `REGISTRY_DOCUMENT_INVALID` for a file that is no export, before anything is written.
 */
export async function importTree(
  tree: RawTree,
  file: unknown,
  { overwrite = false }: ImportOptions = {},
): Promise<ImportReport> {
  const parsed = treeExportSchema.safeParse(file)
  if (!parsed.success) {
    const problems = parsed.error.issues.map(issue => `${issue.path.map(String).join('.')}: ${issue.message}`)
    throw new DocumentInvalidError(`this is no export of a config tree: ${problems.slice(0, 5).join('; ')}`)
  }
  let written = 0
  let same = 0
  const kept: string[] = []
  for (const node of parsed.data.nodes) {
    const data = dataOf(node)
    const there = await tree.read(node.path)
    if (there !== undefined && data.equals(there)) same++
    else if (there !== undefined && !overwrite) kept.push(node.path)
    else {
      await tree.write(node.path, data)
      written++
    }
  }
  return { written, same, kept }
}
