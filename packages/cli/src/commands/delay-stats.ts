import { Command } from 'commander'
import { z } from 'zod'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'
import type { Output } from '../output.ts'

const histogramSchema = z.object({
  fromMs: z.number(),
  stepMs: z.number(),
  counts: z.array(z.int()),
  isCut: z.boolean(),
})
const statsSchema = z.object({
  instances: z.array(z.object({ url: z.string(), instance: z.string().nullable() })),
  shards: z.array(
    z.object({
      cluster: z.string(),
      /** Topic that the shard is a partition of. */
      table: z.string(),
      shard: z.string(),
      owner: z.string(),
      standbys: z.array(z.object({ instance: z.string(), lag: z.int() })),
      pending: z.int(),
      bytes: z.int(),
      lag: z.int(),
      /** Of what is not set aside. */
      oldestDueMs: z.number().nullable(),
      topics: z.array(z.object({ topic: z.string(), pending: z.int(), asideReason: z.string().nullable() })),
      histogram: histogramSchema,
    }),
  ),
  topics: z.array(
    z.object({ topic: z.string(), pending: z.int(), bytes: z.int(), asideReasons: z.array(z.string()) }),
  ),
  problems: z.array(z.string()),
})
type DelayStats = z.infer<typeof statsSchema>

/** `ddmq delay stats` */
export function delayStatsCommand(): Command {
  const stats = new Command('stats')
    .description('show what is to be delivered later: per shard, per topic, and when it is due')
    .action(async (_: object, command: Command) => {
      const context = contextOf(command)
      const found = await (await context.console()).get('/delay/stats', statsSchema)
      for (const problem of found.problems) process.stderr.write(`${problem}\n`)
      if (context.output.json) context.output.item(found, '')
      else printTables(context.output, found)
    })
  return withExamples(stats, ['ddmq delay stats', 'ddmq delay stats --json'])
}

function printTables(output: Output, { shards, topics }: DelayStats): void {
  output.rows(
    shards,
    {
      TABLE: row => `${row.cluster}/${row.table}`,
      SHARD: row => row.shard,
      OWNER: row => row.owner,
      STANDBYS: row => row.standbys.map(at => at.instance).join(',') || '-',
      PENDING: row => row.pending,
      BYTES: row => row.bytes,
      LAG: row => row.lag,
      'OLDEST DUE': oldestDue,
    },
    'no shards: ddmq topic create <topic> --delay',
  )
  if (topics.length === 0) return
  output.rows(
    topics,
    {
      TOPIC: row => row.topic,
      PENDING: row => row.pending,
      BYTES: row => row.bytes,
      WAITS: row => row.asideReasons.join('; ') || '-',
    },
    '',
  )
  const cut = shards.filter(({ histogram }) => histogram.isCut)
  if (cut.length > 0) {
    const names = cut.map(({ cluster, shard }) => `${cluster}/${shard}`).join(', ')
    process.stderr.write(`only the earliest messages of ${names} are counted by time\n`)
  }
  output.rows(
    dueSteps(shards),
    { 'DUE FROM': row => row.from, MESSAGES: row => row.count },
    'nothing is due soon',
  )
}

/** Where all that is pending is set aside: why. */
function oldestDue({ oldestDueMs, topics }: DelayStats['shards'][number]): string {
  if (oldestDueMs !== null) return new Date(oldestDueMs).toISOString()
  const reasons = new Set(topics.flatMap(({ asideReason }) => asideReason ?? []))
  return [...reasons].join('; ') || '-'
}

interface DueStep {
  readonly from: string
  readonly count: number
}

/** The steps of all shards in which something is due. Their owners were not asked at the same moment: steps are cut alike. */
function dueSteps(shards: DelayStats['shards']): readonly DueStep[] {
  const counts = new Map<number, number>()
  for (const { fromMs, stepMs, counts: ofShard } of shards.map(({ histogram }) => histogram)) {
    for (const [index, count] of ofShard.entries()) {
      const from = Math.floor(fromMs / stepMs + index) * stepMs
      if (count > 0) counts.set(from, (counts.get(from) ?? 0) + count)
    }
  }
  return [...counts]
    .toSorted(([one], [other]) => one - other)
    .map(([from, count]) => ({ from: new Date(from).toISOString(), count }))
}
