import { tmpdir } from 'node:os'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { parseCount } from '../argument-parsers.ts'
import { rebuildText } from '../bench-report.ts'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'
import { withProgress } from '../progress.ts'

const MAIN = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url))

/** `ddmq bench delay-rebuild` */
export function benchDelayRebuildCommand(): Command {
  const rebuild = new Command('delay-rebuild')
    .description(
      'build the index of pending delayed messages from a Kafka that is started for it (needs Java)',
    )
    .option('--pending <n>', 'messages in the table', parseCount, 1_000_000)
    .option('--dir <folder>', 'where the index is made, and removed again', tmpdir())
    .action(async ({ pending, dir }: { pending: number; dir: string }, command: Command) => {
      const { output } = contextOf(command)
      const { runRebuildBench } = await import('@ddmq/bench')
      const ddmq = [process.execPath, ...process.execArgv, MAIN] as const
      const result = await withProgress('filling the table, and building the index', () =>
        runRebuildBench({ pending, dir, ddmq, env: process.env }),
      )
      output.item(result, rebuildText(result))
    })
  return withExamples(rebuild, [
    'ddmq bench delay-rebuild',
    'ddmq bench delay-rebuild --pending 10000000 --json',
  ])
}
