import { Command } from 'commander'
import { z } from 'zod'
import { contextOf } from '../context.ts'
import { RefusedError } from '../errors.ts'
import { EXAMPLE_DELAY_ID, withExamples } from '../examples.ts'

const messageSchema = z.discriminatedUnion('found', [
  z.object({ found: z.literal(false), problems: z.array(z.string()).default([]) }),
  z.object({
    found: z.literal(true),
    cluster: z.string(),
    shard: z.string(),
    /** The next one. */
    round: z.int(),
    dueMs: z.int(),
    bytes: z.int(),
    cancelledFromRound: z.int().nullish(),
    asideReason: z.string().nullish(),
    problems: z.array(z.string()).default([]),
  }),
])
type Found = Extract<z.infer<typeof messageSchema>, { found: true }>

/** `ddmq delay show <topic> <id>` */
export function delayShowCommand(): Command {
  const show = new Command('show')
    .description('show a delayed message that is not delivered yet')
    .argument('<topic>')
    .argument('<id>', 'as send printed it, or the key of a delivered round')
    .action(async (topic: string, id: string, _: object, command: Command) => {
      const context = contextOf(command)
      const path = `/delay/messages/${encodeURIComponent(topic)}/${encodeURIComponent(id)}`
      const message = await (await context.console()).get(path, messageSchema)
      for (const problem of message.problems) process.stderr.write(`${problem}\n`)
      if (!message.found)
        throw new RefusedError(`nothing of ${id} waits in ${topic}: delivered, cancelled, or never added`)
      context.output.item({ topic, id, ...message }, describe(message))
    })
  return withExamples(show, [`ddmq delay show later ${EXAMPLE_DELAY_ID}`])
}

function describe({ dueMs, round, bytes, cluster, shard, cancelledFromRound, asideReason }: Found): string {
  return [
    `due ${new Date(dueMs).toISOString()}, round ${round}, ${bytes} bytes, shard ${cluster}/${shard}`,
    ...(typeof cancelledFromRound === 'number' ? [`cancelled from round ${cancelledFromRound} on`] : []),
    ...(typeof asideReason === 'string' ? [`waits: ${asideReason}`] : []),
  ].join('\n')
}
