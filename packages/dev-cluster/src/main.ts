import { describeError } from '@ddmq/common/errors'
import { readArguments, USAGE, UsageError, type Wanted } from './arguments.ts'
import { down } from './down.ts'
import { status } from './status.ts'
import { up } from './up.ts'

// A reader that closes early ends the command; it is not a failure.
process.stdout.on('error', () => process.exit(0))

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** `dev-cluster` itself is the first word when the launcher hands over. */
function wordsOf([first, ...rest]: readonly string[]): readonly string[] {
  return first === 'dev-cluster' ? rest : first === undefined ? [] : [first, ...rest]
}

async function carryOut({ verb, cluster, purge, json }: Wanted): Promise<void> {
  if (verb === 'up') await up(cluster, { print, signal: interrupted() })
  else if (verb === 'status') await status(cluster, { json, print })
  else await down(cluster, { purge, print })
}

/** Aborts at the first signal; a second one ends the process as usual. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new Error('interrupted')))
  }
  return controller.signal
}

try {
  const wanted = readArguments(wordsOf(process.argv.slice(2)), process.env)
  if (wanted === undefined) process.stdout.write(USAGE)
  else await carryOut(wanted)
} catch (thrown) {
  process.stderr.write(`ddmq: ${describeError(thrown)}\n`)
  process.exitCode = thrown instanceof UsageError ? 2 : 1
}
