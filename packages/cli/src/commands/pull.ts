import { Command, Option } from 'commander'
import { z } from 'zod'
import { parseCount, parseDurationMs } from '../argument-parsers.ts'
import { groupSchema } from '../console-documents.ts'
import { type CommandContext, contextOf } from '../context.ts'
import { RefusedError } from '../errors.ts'
import { withExamples } from '../examples.ts'
import { type PullTask, pullMessages } from '../pull-messages.ts'

type PullOptions = Omit<PullTask, 'group' | 'endpoints'>

/** `ddmq pull <group>` */
export function pullCommand(): Command {
  const pull = new Command('pull')
    .description('pull messages of a group, print and acknowledge them')
    .argument('<group>')
    .option('--topic <topic>', 'only messages of this topic')
    .option('--max <n>', 'stop after so many messages', parseCount, 10)
    .addOption(
      new Option('--wait <duration>', 'stop when no message came for so long')
        .argParser(parseDurationMs)
        .default(3000, '3s'),
    )
    .action(async (group: string, options: PullOptions, command: Command) => {
      const context = contextOf(command)
      await checkSubscribed(context, group)
      const { consumerProxies } = await context.proxies()
      await pullMessages(context, { group, endpoints: consumerProxies, ...options })
    })
  return withExamples(pull, [
    'ddmq pull cg_billing',
    'ddmq pull cg_billing --max 1 --wait 10s',
    "ddmq pull cg_billing --json | jq -r '.body'",
  ])
}

/** A proxy answers a pull for a group it does not serve with silence; here it can be told why nothing will come. */
async function checkSubscribed(context: CommandContext, group: string): Promise<void> {
  const console = await context.console()
  const groups = await console.get('/groups', z.array(groupSchema))
  const found = groups.find(candidate => candidate.group === group)
  if (found === undefined) throw new RefusedError(`there is no group ${group}: ddmq group create ${group}`)
  if (found.topics.length === 0) {
    throw new RefusedError(`${group} subscribes to no topic: ddmq sub create ${group} <topic>`)
  }
}
