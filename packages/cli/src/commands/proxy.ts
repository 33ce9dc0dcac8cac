import { Argument, Command } from 'commander'
import { z } from 'zod'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

const proxySchema = z.object({ kind: z.string(), address: z.string() })
const listedSchema = proxySchema.extend({ fromConfiguration: z.boolean() })

/** `ddmq proxy add|remove|list` */
export function proxyCommand(): Command {
  return new Command('proxy')
    .description('say which proxies serve the topics and groups of a cluster')
    .addCommand(addCommand())
    .addCommand(removeCommand())
    .addCommand(listCommand())
}

function addCommand(): Command {
  const add = withProxy(new Command('add'))
    .description('add a proxy, before it is started: its documents are written at once')
    .action(async (kind: string, address: string, _: object, command: Command) => {
      const context = contextOf(command)
      const added = await (await context.console()).post('/proxies', { kind, address }, proxySchema)
      context.output.item(added, `added ${kind} proxy ${address}`)
    })
  return withExamples(add, ['ddmq proxy add producer 10.0.0.7:9613', 'ddmq proxy add consumer 10.0.0.8:9713'])
}

function removeCommand(): Command {
  const remove = withProxy(new Command('remove'))
    .description('take a proxy out of all topics and groups; stop it afterwards')
    .action(async (kind: string, address: string, _: object, command: Command) => {
      const context = contextOf(command)
      const query = new URLSearchParams({ kind, address })
      await (await context.console()).delete(`/proxies?${query.toString()}`)
      context.output.item({ kind, address }, `removed ${kind} proxy ${address}`)
    })
  return withExamples(remove, ['ddmq proxy remove producer 10.0.0.7:9613'])
}

function listCommand(): Command {
  const list = new Command('list')
    .description('list the proxies')
    .action(async (_: object, command: Command) => {
      const context = contextOf(command)
      const proxies = await (await context.console()).get('/proxies', z.array(listedSchema))
      context.output.rows(
        proxies,
        {
          KIND: row => row.kind,
          ADDRESS: row => row.address,
          FROM: row => (row.fromConfiguration ? 'configuration' : 'operator'),
        },
        'no proxies: ddmq proxy add producer <host:port>',
      )
    })
  return withExamples(list, ['ddmq proxy list'])
}

function withProxy(command: Command): Command {
  return command
    .addArgument(new Argument('<kind>').choices(['producer', 'consumer']))
    .argument('<host:port>', 'as the proxy names itself: its advertisedHost, or host, and its port')
}
