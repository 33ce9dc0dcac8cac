import { Command } from 'commander'
import { z } from 'zod'
import { parseCount } from '../argument-parsers.ts'
import { topicSchema } from '../console-documents.ts'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'
import { withProgress } from '../progress.ts'

const topicDetailSchema = topicSchema.extend({
  offsets: z.array(z.object({ partition: z.string(), startOffset: z.int(), endOffset: z.int() })),
  groups: z.array(z.string()),
})

/** `ddmq topic create|list|show` */
export function topicCommand(): Command {
  return new Command('topic')
    .description('create and show topics')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(showCommand())
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
    .action(async (topic: string, options: { partitions: number; tps?: number }, command: Command) => {
      const context = contextOf(command)
      const console = await context.console()
      const created = await withProgress(`creating ${topic}`, () =>
        console.post('/topics', { topic, ...options }, topicSchema),
      )
      context.output.item(created, `created topic ${created.topic} with ${created.partitions} partitions`)
    })
  return withExamples(create, [
    'ddmq topic create orders',
    'ddmq topic create orders --partitions 16 --tps 5000',
  ])
}

function listCommand(): Command {
  const list = new Command('list').description('list topics').action(async (_: object, command: Command) => {
    const context = contextOf(command)
    const topics = await (await context.console()).get('/topics', z.array(topicSchema))
    const columns = {
      TOPIC: (row: (typeof topics)[number]) => row.topic,
      PARTITIONS: (row: (typeof topics)[number]) => row.partitions,
    }
    context.output.rows(topics, columns, 'no topics: ddmq topic create <topic>')
  })
  return withExamples(list, ['ddmq topic list', 'ddmq topic list --json'])
}

function showCommand(): Command {
  const show = new Command('show')
    .description('show the partitions of a topic and who subscribes to it')
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
          PARTITION: row => row.partition,
          START: row => row.startOffset,
          END: row => row.endOffset,
          MESSAGES: row => row.endOffset - row.startOffset,
        },
        'no partitions',
      )
      context.output.item(
        detail,
        `subscribed: ${detail.groups.length === 0 ? 'nobody' : detail.groups.join(', ')}`,
      )
    })
  return withExamples(show, ['ddmq topic show orders'])
}
