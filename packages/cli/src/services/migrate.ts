import { createLogger } from '@ddmq/common/log'
import { migrateConsole } from '@ddmq/console'
import type { CommandContext } from '../context.ts'
import { withProgress } from '../progress.ts'
import { consoleService } from './console.ts'
import { loadServiceFile } from './run-service.ts'

/** How long the database server may take to answer. */
const PATIENCE_MS = 30_000

/** Brings the console's database to this version's schema, or shows how, without starting a console. */
export async function migrateDatabase(
  context: CommandContext,
  { dryRun = false }: { readonly dryRun?: boolean },
): Promise<void> {
  const file = loadServiceFile(consoleService, context, {})
  const plan = await withProgress('asking the database', () =>
    migrateConsole(file.console.database, {
      log: createLogger({ level: 'error', pretty: process.stderr.isTTY, destination: process.stderr }),
      dryRun,
      abort: AbortSignal.timeout(PATIENCE_MS),
    }),
  )
  const { database, from, to, statements } = plan
  const happened =
    statements.length === 0
      ? `the schema of ${database} is up to date (${to})`
      : `${dryRun ? 'would bring' : 'brought'} the schema of ${database} from ${from} to ${to}`
  const shown = statements.map(statement => `${statement.trimEnd().replace(/;$/, '')};`)
  context.output.item(
    { database, from, to, statements, done: !dryRun },
    [...(dryRun ? shown : []), `-- ${happened}`].join('\n'),
  )
}
