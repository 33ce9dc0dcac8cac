import { Command, Option } from 'commander'
import { z } from 'zod'
import { parseList } from '../argument-parsers.ts'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

const brokerClusterSchema = z.object({
  name: z.string(),
  engine: z.string(),
  bootstrapServers: z.array(z.string()),
  topics: z.int(),
  connected: z.boolean(),
  problem: z.string().optional(),
})
type BrokerCluster = z.infer<typeof brokerClusterSchema>

/** `ddmq broker-cluster create|move|delete|list` */
export function brokerClusterCommand(): Command {
  return new Command('broker-cluster')
    .description('say which broker clusters the proxies are connected to')
    .addCommand(createCommand())
    .addCommand(moveCommand())
    .addCommand(deleteCommand())
    .addCommand(listCommand())
}

function createCommand(): Command {
  const create = new Command('create')
    .description('create a broker cluster; every proxy of the cluster connects to it at once')
    .argument('<name>')
    .addOption(new Option('--engine <engine>').choices(['kafka', 'embedded']).default('kafka'))
    .option('--bootstrap-servers <addresses>', 'host:port of its brokers, separated by commas', parseList)
    .action(
      async (
        name: string,
        options: { engine: string; bootstrapServers?: readonly string[] },
        command: Command,
      ) => {
        const context = contextOf(command)
        const console = await context.console()
        const created = await console.post('/broker-clusters', { name, ...options }, brokerClusterSchema)
        context.output.item(created, `created broker cluster ${name}${stateOf(created)}`)
      },
    )
  return withExamples(create, [
    'ddmq broker-cluster create kafka_west --bootstrap-servers kafka-1:9092,kafka-2:9092',
  ])
}

function moveCommand(): Command {
  const move = new Command('move')
    .description(
      'change the addresses of a broker cluster; proxies leave the old ones when the new ones answer',
    )
    .argument('<name>')
    .requiredOption(
      '--bootstrap-servers <addresses>',
      'host:port of its brokers, separated by commas',
      parseList,
    )
    .action(async (name: string, { bootstrapServers }: { bootstrapServers: string[] }, command: Command) => {
      const context = contextOf(command)
      const path = `/broker-clusters/${encodeURIComponent(name)}`
      const console = await context.console()
      const moved = await console.put(path, { bootstrapServers }, brokerClusterSchema)
      context.output.item(
        moved,
        `broker cluster ${name} is at ${bootstrapServers.join(',')}${stateOf(moved)}`,
      )
    })
  return withExamples(move, ['ddmq broker-cluster move kafka_west --bootstrap-servers kafka-7:9092'])
}

function deleteCommand(): Command {
  const remove = new Command('delete')
    .description('disconnect the proxies from a broker cluster that has no topics; nothing in it is deleted')
    .argument('<name>')
    .action(async (name: string, _: object, command: Command) => {
      const context = contextOf(command)
      await (await context.console()).delete(`/broker-clusters/${encodeURIComponent(name)}`)
      context.output.item({ name }, `deleted broker cluster ${name}`)
    })
  return withExamples(remove, ['ddmq broker-cluster delete kafka_west'])
}

function listCommand(): Command {
  const list = new Command('list')
    .description('list the broker clusters, and whether the console reaches them')
    .action(async (_: object, command: Command) => {
      const context = contextOf(command)
      const found = await (await context.console()).get('/broker-clusters', z.array(brokerClusterSchema))
      context.output.rows(
        found,
        {
          NAME: row => row.name,
          ENGINE: row => row.engine,
          ADDRESSES: row => row.bootstrapServers.join(','),
          TOPICS: row => row.topics,
          STATE: row => row.problem ?? 'connected',
        },
        'no broker clusters',
      )
    })
  return withExamples(list, ['ddmq broker-cluster list'])
}

function stateOf({ problem }: BrokerCluster): string {
  return problem === undefined ? '' : `; ${problem}`
}
