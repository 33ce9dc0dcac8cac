import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir } from './cache-dir.ts'
import { onceCached } from './once-cached.ts'
import { run } from './run.ts'

/** Packages that must be the machine's own: programs are started by the loader that belongs to them. */
const FROM_THE_SYSTEM = new Set(['libc6', 'debconf', 'adduser'])

/**
 * Folder with the content of a Debian package and of the packages it names directly, fetched once. Nothing is installed
 * and no right of root is needed; where the system's package lists are missing or too old, lists of our own are fetched.
 */
export async function debianPackage(name: string): Promise<string> {
  return onceCached(join(cacheDir(), `deb-${name}`), async unfinished => {
    const downloads = join(unfinished, 'archives')
    await mkdir(downloads)
    try {
      await download(name, downloads, [])
    } catch {
      const ownLists = await freshLists()
      await download(name, downloads, ownLists)
    }
    for (const file of await readdir(downloads)) {
      await run('dpkg-deb', ['-x', join(downloads, file), unfinished])
    }
  })
}

async function download(name: string, folder: string, options: readonly string[]): Promise<void> {
  const listed = await run('apt-cache', [...options, 'depends', '--important', name])
  const depends = [...listed.matchAll(/^\s+\|?(?:Pre)?Depends: ([^<\s]+)$/gm)].map(
    ([, needed = '']) => needed,
  )
  const wanted = [name, ...new Set(depends)].filter(needed => !FROM_THE_SYSTEM.has(needed))
  await run('apt-get', [...options, 'download', ...wanted], { cwd: folder })
}

async function freshLists(): Promise<readonly string[]> {
  const state = join(cacheDir(), 'apt')
  const options = [
    '-o',
    `Dir::State::Lists=${join(state, 'lists')}`,
    '-o',
    `Dir::Cache=${join(state, 'cache')}`,
  ]
  await mkdir(join(state, 'lists', 'partial'), { recursive: true })
  await mkdir(join(state, 'cache', 'archives', 'partial'), { recursive: true })
  await run('apt-get', [...options, 'update'])
  return options
}
