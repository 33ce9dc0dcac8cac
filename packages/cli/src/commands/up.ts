import { Command } from 'commander'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

/** `ddmq up` */
export function upCommand(): Command {
  const up = new Command('up')
    .description('run all services in one process')
    .option('--fsync', 'acknowledge only what is on the disk: survives power loss')
    .option('--log-level <level>', 'trace, debug, info, warn or error')
    .action(async (flags: { fsync?: boolean; logLevel?: string }, command: Command) => {
      // Loaded only here: the other commands start faster without the services.
      const { runUp } = await import('../standalone/run-up.ts')
      await runUp(contextOf(command), flags)
    })
  return withExamples(up, [
    'ddmq up',
    'ddmq up --data /var/lib/ddmq --fsync',
    'ddmq up --port-offset 1000 --log-level debug',
    'ddmq up --config ddmq.yaml',
  ])
}
