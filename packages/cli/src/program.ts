import { Command } from 'commander'
import { parseInteger } from './argument-parsers.ts'
import { benchCommand } from './commands/bench.ts'
import { brokerClusterCommand } from './commands/broker-cluster.ts'
import { configCommand } from './commands/config.ts'
import { delayCommand } from './commands/delay.ts'
import { groupCommand } from './commands/group.ts'
import { proxyCommand } from './commands/proxy.ts'
import { pullCommand } from './commands/pull.ts'
import { sendCommand } from './commands/send.ts'
import {
  chronosCommand,
  consoleCommand,
  consumerProxyCommand,
  producerProxyCommand,
} from './commands/service.ts'
import { statsCommand } from './commands/stats.ts'
import { subCommand } from './commands/sub.ts'
import { tailCommand } from './commands/tail.ts'
import { tokenCommand } from './commands/token.ts'
import { topicCommand } from './commands/topic.ts'
import { upCommand } from './commands/up.ts'
import { UsageError } from './errors.ts'
import { withExamples } from './examples.ts'

/** The whole command line. */
export function createProgram(): Command {
  const program = new Command('ddmq')
    .description('DDMQ: a distributed message queue with push, pull and per-message acknowledgement.')
    .option(
      '--port-offset <n>',
      'added to every default port, so that several DDMQ run side by side',
      parseInteger,
      0,
    )
    .option('--host <address>', 'address the listeners are opened on', '127.0.0.1')
    .option('--data <folder>', 'data folder of `up`')
    .option('--config <file>', 'YAML configuration of `up` or of the service')
    .option('--console <url>', 'console to talk to; default: that of your running `up` or `console`')
    .option('--token <token>', 'API token for the console; default: the one that console left')
    .option('--json', 'print one JSON document per line', false)
    .showHelpAfterError('(ddmq --help lists all commands)')
    .configureHelp({ showGlobalOptions: true })
  const commands = [
    upCommand(),
    producerProxyCommand(),
    consumerProxyCommand(),
    chronosCommand(),
    consoleCommand(),
    topicCommand(),
    groupCommand(),
    subCommand(),
    proxyCommand(),
    brokerClusterCommand(),
    sendCommand(),
    delayCommand(),
    pullCommand(),
    tailCommand(),
    statsCommand(),
    tokenCommand(),
    configCommand(),
    benchCommand(),
    ofLauncher(
      'dev-cluster',
      'up, status, down: a whole cluster on this machine, from this checkout, for development',
    ),
    ofLauncher('test', 'run all tests of this checkout (--full adds the long fault matrix)'),
    ofLauncher('check', 'run the static checks of this checkout: format, lint, types, architecture'),
  ]
  for (const command of commands) program.addCommand(command)
  return withExamples(program, [
    'ddmq up',
    'ddmq topic create orders --partitions 4',
    'ddmq group create cg_billing && ddmq sub create cg_billing orders',
    "ddmq send orders 'hello' --key k1",
    'ddmq pull cg_billing --max 1',
  ])
}

/**
 * Carried out by the launcher, which is the only one to know the checkout, where it is the first word; listed here to be
 * found. Behind a global option it comes here instead.
 */
function ofLauncher(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new UsageError(`write it first: ./ddmq ${name} …`)
    })
}
