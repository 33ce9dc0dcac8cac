import { Command, Option } from 'commander'
import { z } from 'zod'
import { parseCount } from '../argument-parsers.ts'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

const recordSchema = z.looseObject({
  partition: z.string(),
  offset: z.int(),
  key: z.string().nullish(),
  body: z.string().optional(),
  bodyBase64: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
})

/** `ddmq tail <topic>` */
export function tailCommand(): Command {
  const tail = new Command('tail')
    .description('show messages of a topic as they arrive, without a group and without acknowledging them')
    .argument('<topic>')
    .addOption(
      new Option('--from <position>', 'where to begin').choices(['latest', 'earliest']).default('latest'),
    )
    .option('--partition <id>', 'only this partition')
    .option('--max <n>', 'stop after so many messages', parseCount)
    .action(async (topic: string, options: Record<string, string | number>, command: Command) => {
      const context = contextOf(command)
      const { from, partition, max } = options
      const query = new URLSearchParams()
      for (const [name, value] of Object.entries({ from, partition, max })) {
        if (value !== undefined) query.set(name, String(value))
      }
      const interrupt = new AbortController()
      process.once('SIGINT', () => interrupt.abort())
      const console = await context.console()
      try {
        for await (const json of console.lines(
          `/topics/${encodeURIComponent(topic)}/tail?${query.toString()}`,
          interrupt.signal,
        )) {
          const record = recordSchema.parse(JSON.parse(json))
          const body = record.body ?? `(base64) ${record.bodyBase64 ?? ''}`
          const noted = Object.entries(record.headers ?? {}).map(([name, value]) => `  ${name}=${value}`)
          const line = `${record.partition}:${record.offset}  ${record.key ?? '-'}  ${body}${noted.join('')}`
          context.output.item(record, line)
        }
      } catch (thrown) {
        if (!interrupt.signal.aborted) throw thrown
      }
    })
  return withExamples(tail, [
    'ddmq tail orders',
    'ddmq tail orders --from earliest --max 20',
    'ddmq tail orders --json',
  ])
}
