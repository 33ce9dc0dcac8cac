import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { onceCached } from './once-cached.ts'
import { missingPrograms } from './requirement.ts'

export const JAVA = 'java'
const LOWEST_RELEASE = 17

const NETWORK = '-Djava.net.preferIPv4Stack=true'
/** For what lives for one test: one collector thread, no compiler that takes seconds to pay off. */
const SHORT_LIVED = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

let missing: { readonly reason: string | undefined } | undefined

/** Why Java servers cannot run on this machine; undefined where they can. */
export function javaMissing(): string | undefined {
  missing ??= { reason: missingPrograms(JAVA, 'mvn', 'setpriv') ?? tooOld() }
  return missing.reason
}

function tooOld(): string | undefined {
  const { stderr } = spawnSync(JAVA, ['-version'], { encoding: 'utf8' })
  const release = /version "(\d+)/.exec(stderr)?.[1]
  if (release !== undefined && Number(release) >= LOWEST_RELEASE) return undefined
  return `needs Java ${LOWEST_RELEASE} or newer, found ${release ?? 'none that tells its version'}`
}

export interface JavaRun {
  readonly jars: string
  readonly mainClass: string
  readonly heapMb: number
  readonly flags?: readonly string[]
  /** Whether it is to be as fast as Java makes it. */
  readonly isMeasured?: boolean
}

/** Arguments of `java`, before those of the program. */
export function javaArgs({
  jars,
  mainClass,
  heapMb,
  flags = [],
  isMeasured = false,
}: JavaRun): readonly string[] {
  return [
    `-Xmx${heapMb}m`,
    NETWORK,
    ...(isMeasured ? [] : SHORT_LIVED),
    ...flags,
    '-cp',
    join(jars, '*'),
    mainClass,
  ]
}

/**
 * Flags that make a server of these jars start faster: its classes come from an archive, written beside the jars by a
 * first run that `exercise` starts with other flags and ends by SIGTERM.
 */
export async function classArchive(
  jars: string,
  exercise: (flags: readonly string[], dir: string) => Promise<void>,
): Promise<readonly string[]> {
  const dir = await onceCached(`${jars}-classes`, async unfinished => {
    await exercise([`-XX:ArchiveClassesAtExit=${join(unfinished, 'classes.jsa')}`], unfinished)
  })
  return [`-XX:SharedArchiveFile=${join(dir, 'classes.jsa')}`, '-Xshare:auto']
}
