import { execFile } from 'node:child_process'
import { realpath } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What is measured. */
export interface Checkout {
  readonly version: string
  readonly commit?: string
  readonly hasLocalChanges?: boolean
}

/**
 * Asks git about the checkout in the folder. Only the version is known where there is none, no git, or where the folder lies in
 * somebody else's checkout, whose commit says nothing about us.
 */
export async function checkoutOf(root: string | undefined, version: string): Promise<Checkout> {
  if (root === undefined) return { version }
  try {
    const { stdout: top } = await run('git', ['-C', root, 'rev-parse', '--show-toplevel'])
    if ((await realpath(top.trimEnd())) !== (await realpath(root))) return { version }
    const [head, status] = await Promise.all([
      run('git', ['-C', root, 'rev-parse', 'HEAD']),
      run('git', ['-C', root, 'status', '--porcelain', '--untracked-files=no']),
    ])
    return { version, commit: head.stdout.trim(), hasLocalChanges: status.stdout.trim() !== '' }
  } catch {
    return { version }
  }
}
