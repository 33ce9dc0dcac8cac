import { Command } from 'commander'
import { z } from 'zod'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

const statsSchema = z.object({
  groups: z.array(
    z.object({
      group: z.string(),
      topic: z.string(),
      brokerCluster: z.string(),
      partition: z.string(),
      committedOffset: z.int(),
      endOffset: z.int(),
      lag: z.int(),
    }),
  ),
  problems: z.array(z.string()).default([]),
})

/** `ddmq stats` */
export function statsCommand(): Command {
  const stats = new Command('stats')
    .description('show how far each group has come: committed offset, end of the log, lag')
    .option('--group <group>', 'only this group')
    .action(async (options: { group?: string }, command: Command) => {
      const context = contextOf(command)
      const { groups, problems } = await (await context.console()).get('/stats', statsSchema)
      context.output.rows(
        groups.filter(row => options.group === undefined || row.group === options.group),
        {
          GROUP: row => row.group,
          TOPIC: row => row.topic,
          'BROKER CLUSTER': row => row.brokerCluster,
          PARTITION: row => row.partition,
          COMMITTED: row => (row.committedOffset < 0 ? '-' : row.committedOffset),
          END: row => row.endOffset,
          LAG: row => row.lag,
        },
        'no subscriptions: ddmq sub create <group> <topic>',
      )
      for (const problem of problems) process.stderr.write(`${problem}\n`)
    })
  return withExamples(stats, ['ddmq stats', 'ddmq stats --group cg_billing --json'])
}
