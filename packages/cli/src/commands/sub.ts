import { Command, Option } from 'commander'
import { z } from 'zod'
import { parseCount, parseDurationMs, parseRetries } from '../argument-parsers.ts'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

const subscriptionSchema = z.object({
  group: z.string(),
  topic: z.string(),
  enabled: z.boolean(),
  actions: z.array(z.string()),
  urls: z.array(z.string()),
})

interface CreateOptions {
  readonly push?: readonly string[]
  readonly from: 'latest' | 'earliest'
  readonly concurrency?: number
  readonly maxPullBatchSize?: number
  readonly maxRetry?: number
  readonly timeout?: number
  readonly disabled?: boolean
}

/** `ddmq sub create|enable|disable|list` */
export function subCommand(): Command {
  return new Command('sub')
    .description('subscribe groups to topics')
    .addCommand(createCommand())
    .addCommand(switchCommand('enable'))
    .addCommand(switchCommand('disable'))
    .addCommand(listCommand())
}

function createCommand(): Command {
  const create = new Command('create')
    .description('subscribe a group to a topic and enable the subscription')
    .argument('<group>')
    .argument('<topic>')
    .option('--push <url...>', 'deliver by HTTP POST to these URLs instead of waiting to be pulled')
    .addOption(
      new Option('--from <position>', 'where a new subscription starts')
        .choices(['latest', 'earliest'])
        .default('latest'),
    )
    .option('--concurrency <n>', 'greatest number of messages in flight', parseCount)
    .option('--max-pull-batch-size <n>', 'greatest number of messages of one pull; default: 8', parseCount)
    .option(
      '--max-retry <n>',
      'deliveries repeated after an error before a message is a dead letter; -1: without end',
      parseRetries,
    )
    .option('--timeout <duration>', 'time a receiver has to acknowledge a message', parseDurationMs)
    .option('--disabled', 'create it without enabling it')
    .action(async (group: string, topic: string, options: CreateOptions, command: Command) => {
      const context = contextOf(command)
      const { push, timeout, disabled = false, ...rest } = options
      const created = await (await context.console()).post(
        '/subscriptions',
        {
          group,
          topic,
          ...rest,
          enabled: !disabled,
          ...(push === undefined ? {} : { push: { urls: push } }),
          ...(timeout === undefined ? {} : { timeoutMs: timeout }),
        },
        subscriptionSchema,
      )
      const how = created.urls.length === 0 ? 'by pull' : `by push to ${created.urls.join(', ')}`
      context.output.item(created, `${created.group} receives ${created.topic} ${how}`)
    })
  return withExamples(create, [
    'ddmq sub create cg_billing orders',
    'ddmq sub create cg_billing orders --from earliest',
    'ddmq sub create cg_hooks orders --push http://127.0.0.1:8085/cb',
  ])
}

function switchCommand(verb: 'enable' | 'disable'): Command {
  const command = new Command(verb)
    .description(`${verb} a subscription`)
    .argument('<group>')
    .argument('<topic>')
    .action(async (group: string, topic: string, _: object, self: Command) => {
      const context = contextOf(self)
      const console = await context.console()
      const changed = await console.post(`/subscriptions/${verb}`, { group, topic }, subscriptionSchema)
      context.output.item(changed, `${verb}d ${group} on ${topic}`)
    })
  return withExamples(command, [`ddmq sub ${verb} cg_billing orders`])
}

function listCommand(): Command {
  const list = new Command('list')
    .description('list subscriptions')
    .action(async (_: object, command: Command) => {
      const context = contextOf(command)
      const subscriptions = await (await context.console()).get('/subscriptions', z.array(subscriptionSchema))
      context.output.rows(
        subscriptions,
        {
          GROUP: row => row.group,
          TOPIC: row => row.topic,
          STATE: row => (row.enabled ? 'enabled' : 'disabled'),
          DELIVERY: row => (row.urls.length === 0 ? 'pull' : row.urls.join(' ')),
        },
        'no subscriptions: ddmq sub create <group> <topic>',
      )
    })
  return withExamples(list, ['ddmq sub list'])
}
