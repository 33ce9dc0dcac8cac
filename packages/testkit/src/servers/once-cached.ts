import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const STALE_MS = 60_000
const HEARTBEAT_MS = 5_000

/**
 * A folder that is made once per machine. `make` fills a folder beside it, which gets its name when it is complete, so that
 * what has the name is whole. Test workers that want it at the same time wait for the first; a worker that died while
 * making is noticed by the age of its lock.
 */
export async function onceCached(dir: string, make: (unfinished: string) => Promise<void>): Promise<string> {
  const lock = `${dir}.lock`
  await mkdir(dirname(dir), { recursive: true })
  while (!(await exists(dir))) {
    if (await takeLock(lock)) await makeLocked(dir, lock, make)
    else await delay(100)
  }
  return dir
}

async function makeLocked(
  dir: string,
  lock: string,
  make: (unfinished: string) => Promise<void>,
): Promise<void> {
  const heartbeat = setInterval(() => {
    const now = new Date()
    utimes(lock, now, now).catch(() => undefined)
  }, HEARTBEAT_MS)
  const unfinished = `${dir}.unfinished`
  try {
    if (await exists(dir)) return
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished)
    await make(unfinished)
    await rename(unfinished, dir)
  } finally {
    clearInterval(heartbeat)
    await rm(lock, { recursive: true, force: true })
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock)
    return true
  } catch {
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > STALE_MS) await rm(lock, { recursive: true, force: true })
    return false
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
