import { Command } from 'commander'
import { z } from 'zod'
import { parseCount, parseList } from '../argument-parsers.ts'
import { topicSchema } from '../console-documents.ts'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'
import { withProgress } from '../progress.ts'

const topicDetailSchema = topicSchema.extend({
  offsets: z.array(
    z.object({
      brokerCluster: z.string(),
      partition: z.string(),
      startOffset: z.int(),
      endOffset: z.int(),
    }),
  ),
  problems: z.array(z.string()).default([]),
  groups: z.array(z.string()),
  /** Of a topic of delayed messages only. */
  delay: z.object({ misfire: z.string(), paused: z.boolean() }).optional(),
})

/** `ddmq topic create|list|show|add-to|remove-from` */
export function topicCommand(): Command {
  return new Command('topic')
    .description('create and show topics')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(addToCommand())
    .addCommand(removeFromCommand())
}

interface CreateOptions {
  readonly partitions: number
  readonly tps?: number
  readonly brokerClusters?: readonly string[]
  readonly delay?: boolean
}

function createCommand(): Command {
  const create = new Command('create')
    .description('create a topic')
    .argument('<topic>')
    .option(
      '--partitions <n>',
      'number of partitions: the most consumers that can work side by side',
      parseCount,
      4,
    )
    .option('--tps <n>', 'greatest number of messages per second; default: no limit', parseCount)
    .option(
      '--broker-clusters <names>',
      'where it is stored, separated by commas; default: the one of the console',
      parseList,
    )
    .option('--delay', 'for messages that are delivered later; send them with ddmq delay send')
    .action(async (topic: string, { delay = false, ...rest }: CreateOptions, command: Command) => {
      const context = contextOf(command)
      const console = await context.console()
      const body = { topic, ...rest, ...(delay ? { delayTopic: true } : {}) }
      const created = await withProgress(`creating ${topic}`, () =>
        console.post('/topics', body, topicSchema),
      )
      context.output.item(created, `created topic ${created.topic} with ${created.partitions} partitions`)
    })
  return withExamples(create, [
    'ddmq topic create orders',
    'ddmq topic create orders --partitions 16 --tps 5000',
    'ddmq topic create orders --broker-clusters kafka_east,kafka_west',
    'ddmq topic create later --delay',
  ])
}

function listCommand(): Command {
  const list = new Command('list').description('list topics').action(async (_: object, command: Command) => {
    const context = contextOf(command)
    const topics = await (await context.console()).get('/topics', z.array(topicSchema))
    const columns = {
      TOPIC: (row: (typeof topics)[number]) => row.topic,
      PARTITIONS: (row: (typeof topics)[number]) => row.partitions,
      'BROKER CLUSTERS': (row: (typeof topics)[number]) => row.brokerClusters.join(','),
    }
    context.output.rows(topics, columns, 'no topics: ddmq topic create <topic>')
  })
  return withExamples(list, ['ddmq topic list', 'ddmq topic list --json'])
}

function showCommand(): Command {
  const show = new Command('show')
    .description('show the partitions of a topic, who subscribes to it, and whether it delays')
    .argument('<topic>')
    .action(async (topic: string, _: object, command: Command) => {
      const context = contextOf(command)
      const detail = await (await context.console()).get(
        `/topics/${encodeURIComponent(topic)}`,
        topicDetailSchema,
      )
      if (context.output.json) return context.output.item(detail, '')
      context.output.rows(
        detail.offsets,
        {
          'BROKER CLUSTER': row => row.brokerCluster,
          PARTITION: row => row.partition,
          START: row => row.startOffset,
          END: row => row.endOffset,
          MESSAGES: row => row.endOffset - row.startOffset,
        },
        'no partitions',
      )
      context.output.item(
        detail,
        [
          ...delayLine(detail),
          `subscribed: ${detail.groups.length === 0 ? 'nobody' : detail.groups.join(', ')}`,
          ...detail.problems,
        ].join('\n'),
      )
    })
  return withExamples(show, ['ddmq topic show orders', 'ddmq topic show later --json'])
}

function delayLine({ delay }: z.infer<typeof topicDetailSchema>): readonly string[] {
  if (delay === undefined) return []
  return [`delayed: ${delay.paused ? 'paused, ' : ''}of several missed rounds: ${delay.misfire}`]
}

function addToCommand(): Command {
  const add = new Command('add-to')
    .description('store a topic in one more broker cluster; its groups consume from there, too')
    .argument('<topic>')
    .argument('<broker-cluster>')
    .option(
      '--partitions <n>',
      'number of partitions there; default: as many as it has elsewhere',
      parseCount,
    )
    .action(
      async (topic: string, brokerCluster: string, options: { partitions?: number }, command: Command) => {
        const context = contextOf(command)
        const path = `/topics/${encodeURIComponent(topic)}/broker-clusters`
        const shown = await (await context.console()).post(path, { brokerCluster, ...options }, topicSchema)
        context.output.item(shown, `topic ${topic} is in ${shown.brokerClusters.join(', ')}`)
      },
    )
  return withExamples(add, ['ddmq topic add-to orders kafka_west'])
}

function removeFromCommand(): Command {
  const remove = new Command('remove-from')
    .description('produce and consume a topic no longer in a broker cluster; its messages stay there')
    .argument('<topic>')
    .argument('<broker-cluster>')
    .option('--force', 'also while groups have not consumed everything there')
    .action(async (topic: string, brokerCluster: string, options: { force?: boolean }, command: Command) => {
      const context = contextOf(command)
      const path = `/topics/${encodeURIComponent(topic)}/broker-clusters/${encodeURIComponent(brokerCluster)}`
      await (await context.console()).delete(`${path}?force=${options.force === true}`)
      context.output.item({ topic, brokerCluster }, `topic ${topic} is not in ${brokerCluster} any more`)
    })
  return withExamples(remove, ['ddmq topic remove-from orders kafka_east'])
}
