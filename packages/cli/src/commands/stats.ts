import { Command } from 'commander'
import { z } from 'zod'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

const statsSchema = z.object({
  groups: z.array(
    z.object({
      group: z.string(),
      topic: z.string(),
      partition: z.string(),
      committedOffset: z.int(),
      endOffset: z.int(),
      lag: z.int(),
    }),
  ),
})

/** `ddmq stats` */
export function statsCommand(): Command {
  const stats = new Command('stats')
    .description('show how far each group has come: committed offset, end of the log, lag')
    .option('--group <group>', 'only this group')
    .action(async (options: { group?: string }, command: Command) => {
      const context = contextOf(command)
      const { groups } = await (await context.console()).get('/stats', statsSchema)
      context.output.rows(
        groups.filter(row => options.group === undefined || row.group === options.group),
        {
          GROUP: row => row.group,
          TOPIC: row => row.topic,
          PARTITION: row => row.partition,
          COMMITTED: row => (row.committedOffset < 0 ? '-' : row.committedOffset),
          END: row => row.endOffset,
          LAG: row => row.lag,
        },
        'no subscriptions: ddmq sub create <group> <topic>',
      )
    })
  return withExamples(stats, ['ddmq stats', 'ddmq stats --group cg_billing --json'])
}
