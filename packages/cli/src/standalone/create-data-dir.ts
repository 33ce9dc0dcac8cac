import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsageError } from '../errors.ts'

/** Makes the data folder, for its owner only, and the folders above it that are missing. */
export async function createDataDir(dataDir: string): Promise<void> {
  try {
    await makeFolder(dataDir)
  } catch (cause) {
    throw new UsageError(`cannot create the data folder ${dataDir}; name another with --data`, { cause })
  }
}

/** Not `mkdir` with `recursive`: that never returns where the kernel answers ENOENT for a folder that exists, as below /proc. */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return
  const parent = dirname(path)
  if (parent !== path) await makeFolder(parent)
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (cause) {
    if (!(await isFolder(path))) throw cause // else another process made it in the meantime
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch {
    return false // whatever is wrong with it, `mkdir` says it better
  }
}
