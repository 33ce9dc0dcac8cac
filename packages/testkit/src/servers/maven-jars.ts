import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { cacheDir } from './cache-dir.ts'
import { onceCached } from './once-cached.ts'
import { run } from './run.ts'

const POMS = resolve(import.meta.dirname, '../../maven')

/** The pom of that name in `maven/` says which jars. */
export type JarSet = 'kafka4' | 'kafka3' | 'kafka3.5' | 'kafka-tools' | 'zookeeper'

/** A configuration file that stands beside the pom of a jar set. */
export function besidePom(set: JarSet, file: string): string {
  return join(POMS, set, file)
}

/** Folder with the jars, fetched by Maven the first time; another version in the pom is another folder. */
export async function mavenJars(set: JarSet): Promise<string> {
  const pom = join(POMS, set, 'pom.xml')
  const version = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12)
  return onceCached(join(cacheDir(), `${set}-${version}`), async unfinished => {
    const goal = 'dependency:copy-dependencies'
    await run('mvn', [
      '-q',
      '-B',
      '-f',
      pom,
      goal,
      '-DincludeScope=runtime',
      `-DoutputDirectory=${unfinished}`,
    ])
  })
}
