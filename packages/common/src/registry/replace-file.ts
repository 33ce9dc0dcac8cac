import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { absentAs } from './absent-as.ts'

/** How the names of unfinished files begin; whoever owns the folder removes those of an interrupted write. */
export const TEMP_PREFIX = '.new-'

export interface ReplaceOptions {
  /** Permissions of the file; by default what the process gives. */
  readonly mode?: number
  /** False: may be lost, or found empty, after a power loss. */
  readonly durable?: boolean
}

/** Writes a file whole or not at all: a new file gets the name of the old one. Survives a power loss unless told otherwise. */
export async function replaceFile(
  folder: string,
  fileName: string,
  content: string,
  { mode, durable = true }: ReplaceOptions = {},
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const temp = join(folder, `${TEMP_PREFIX}${randomUUID()}`)
  try {
    await writeNew(temp, content, { mode, durable })
    await rename(temp, join(folder, fileName))
  } catch (thrown) {
    await rm(temp, { force: true })
    throw thrown
  }
  if (durable) await syncFolder(folder)
}

/** Makes what was renamed or removed in a folder survive a power loss. */
export async function syncFolder(folder: string): Promise<void> {
  try {
    await using handle = await open(folder, 'r')
    await handle.sync()
  } catch (thrown) {
    absentAs(undefined)(thrown)
  }
}

async function writeNew(
  file: string,
  content: string,
  { mode, durable }: { readonly mode: number | undefined; readonly durable: boolean },
): Promise<void> {
  await using handle = await open(file, 'wx', mode)
  await handle.writeFile(content)
  if (durable) await handle.sync()
}
