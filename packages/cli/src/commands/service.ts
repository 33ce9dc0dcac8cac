import { Command } from 'commander'
import { type CommandContext, contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'
import type { ServiceFlags } from '../services/run-service.ts'

type Run = (context: CommandContext, flags: ServiceFlags) => Promise<void>

/** `ddmq producer-proxy` */
export function producerProxyCommand(): Command {
  return serviceCommand('producer-proxy', 'run a producer proxy of a cluster', async (context, flags) => {
    const [{ runService }, { producerProxyService }] = await Promise.all([
      import('../services/run-service.ts'),
      import('../services/producer-proxy.ts'),
    ])
    await runService(producerProxyService, context, flags)
  })
}

/** `ddmq consumer-proxy` */
export function consumerProxyCommand(): Command {
  return serviceCommand('consumer-proxy', 'run a consumer proxy of a cluster', async (context, flags) => {
    const [{ runService }, { consumerProxyService }] = await Promise.all([
      import('../services/run-service.ts'),
      import('../services/consumer-proxy.ts'),
    ])
    await runService(consumerProxyService, context, flags)
  })
}

/** `ddmq chronos` */
export function chronosCommand(): Command {
  return serviceCommand('chronos', 'run a delay service of a cluster', async (context, flags) => {
    const [{ runService }, { chronosService }] = await Promise.all([
      import('../services/run-service.ts'),
      import('../services/chronos.ts'),
    ])
    await runService(chronosService, context, flags)
  })
}

/** `ddmq console` */
export function consoleCommand(): Command {
  return serviceCommand('console', 'run the console of a cluster', async (context, flags) => {
    const [{ runService }, { consoleService }] = await Promise.all([
      import('../services/run-service.ts'),
      import('../services/console.ts'),
    ])
    await runService(consoleService, context, flags)
  }).addCommand(migrateCommand())
}

function migrateCommand(): Command {
  const migrate = new Command('migrate')
    .description("bring the console's database to the schema of this version, without starting a console")
    .option('--dry-run', 'only print the SQL')
    .action(async (options: { dryRun?: boolean }, command: Command) => {
      const { migrateDatabase } = await import('../services/migrate.ts')
      await migrateDatabase(contextOf(command), options)
    })
  return withExamples(migrate, [
    'ddmq console migrate --config console.yaml --dry-run',
    'ddmq console migrate --config console.yaml',
  ])
}

/** Services are loaded only when one runs: the other commands start faster without them. */
function serviceCommand(name: string, description: string, run: Run): Command {
  const command = new Command(name)
    .description(description)
    .option('--log-level <level>', 'trace, debug, info, warn or error')
    .action((flags: ServiceFlags, invoked: Command) => run(contextOf(invoked), flags))
  return withExamples(command, [`ddmq ${name} --config ${name}.yaml`])
}
