import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DevCluster } from './dev-cluster.ts'

/** Holds the id of the process that is at work. */
export const STARTING = 'starting'

/**
 * Only one `up` of a folder at a time: two would start every process twice. What an `up` that was killed has left does
 * not count.
 */
export async function claimStart({ dir }: DevCluster): Promise<AsyncDisposable> {
  const file = join(dir, STARTING)
  if (!(await wasCreated(file))) {
    if (await isHeld(file)) throw busy(file)
    await rm(file, { force: true })
    if (!(await wasCreated(file))) throw busy(file)
  }
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) }
}

async function wasCreated(file: string): Promise<boolean> {
  try {
    await writeFile(file, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false
    throw thrown
  }
}

/** A file that its process has not yet written counts as held. */
async function isHeld(file: string): Promise<boolean> {
  const pid = Number(await readFile(file, 'utf8').catch(() => ''))
  if (!Number.isInteger(pid) || pid <= 0) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return codeOf(thrown) !== 'ESRCH'
  }
}

function busy(file: string): Error {
  return new Error(`another dev-cluster up is at work; wait for it, or remove ${file} if there is none`)
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
}
