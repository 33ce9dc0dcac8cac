import type { DelayMessage, DelayResult, Repeat } from '@ddmq/sdk'
import { Command } from 'commander'
import { parseCount, parseDurationMs, parseInstantMs, parseInteger } from '../argument-parsers.ts'
import { contextOf } from '../context.ts'
import { RefusedError, UsageError } from '../errors.ts'
import { withExamples } from '../examples.ts'
import { collectProperty, readBody } from '../message-input.ts'
import { timeoutOption, withProducer } from '../with-producer.ts'

interface SendOptions {
  readonly after?: number
  readonly at?: number
  readonly every?: number
  readonly exponent?: number
  readonly times?: number
  readonly until?: number
  readonly tags?: string
  readonly property: Readonly<Record<string, string>>
  readonly file?: string
  readonly timeout: number
}

/** `ddmq delay send <topic> [body]` */
export function delaySendCommand(): Command {
  const send = new Command('send')
    .description('have a message delivered later, once or in rounds; prints its id, which is also its key')
    .argument('<topic>', 'a topic of delayed messages')
    .argument('[body]', 'the message; - or none reads it from standard input')
    .option('--after <duration>', 'first delivery, from now', parseDurationMs)
    .option('--at <time>', 'first delivery: 2026-12-24T18:00:00Z, or unix seconds', parseInstantMs)
    .option('--every <duration>', 'deliver again after each interval, of at least 3s', parseDurationMs)
    .option('--exponent <base>', 'deliver again after base, base², base³ … seconds', parseInteger)
    .option('--times <n>', 'number of deliveries, the first one included', parseCount)
    .option('--until <time>', 'no delivery after this time', parseInstantMs)
    .option('--tags <tags>', 'tags, joined by ||')
    .option('--property <name=value...>', 'user property, may be repeated', collectProperty, {})
    .option('--file <path>', 'take the body from a file')
    .addOption(timeoutOption())
    .action(async (topic: string, body: string | undefined, options: SendOptions, command: Command) => {
      const context = contextOf(command)
      const repeat = repeatOf(options)
      const at = dueMsOf(options, Date.now())
      const message = await messageOf(topic, body, options)
      const delay = repeat === undefined ? { at } : { at, repeat }
      const result = await withProducer(context, options.timeout, producer =>
        producer.sendDelay(message, delay),
      )
      if (result.code !== 0) throw notSent(topic, result)
      context.output.item(
        { topic, delayId: result.delayId, dueMs: at, proxy: result.proxy },
        `sent to ${topic}, due ${new Date(at).toISOString()}, id ${result.delayId}`,
      )
    })
  return withExamples(send, [
    'ddmq delay send later hello --after 5s',
    'ddmq delay send later hello --at 2026-12-24T18:00:00Z',
    'ddmq delay send later tick --every 10s --times 3',
    'ddmq delay send later retry --after 1s --exponent 2 --times 8',
  ])
}

/** What may be stored must not be read as "send it again"; under its id it can be cancelled. */
function notSent(topic: string, { maybeDuplicate, message, code, delayId }: DelayResult): RefusedError {
  const failure = `${maybeDuplicate ? 'not acknowledged' : 'not sent'}: ${message} (code ${code})`
  const way =
    delayId === undefined ? '' : `; to take it back if it was: ddmq delay cancel ${topic} ${delayId}`
  return new RefusedError(`${failure}${way}`)
}

/** Without a time of its own, a loop begins after one interval. */
function dueMsOf({ after, at, every }: SendOptions, nowMs: number): number {
  if (after !== undefined && at !== undefined) throw new UsageError('give either --after or --at, not both')
  const waitMs = after ?? every
  if (at !== undefined) return at
  if (waitMs === undefined)
    throw new UsageError('say when: --after 5s, --at 2026-12-24T18:00:00Z, or --every 10s')
  return Math.ceil(nowMs + waitMs)
}

function repeatOf(options: SendOptions): Repeat | undefined {
  const problem = findRepeatProblem(options)
  if (problem !== undefined) throw new UsageError(problem)
  const { every, exponent, times, until } = options
  const end = {
    ...(times === undefined ? {} : { times }),
    ...(until === undefined ? {} : { until }),
  }
  if (every !== undefined) return { intervalSec: every / 1000, ...end }
  return exponent === undefined ? undefined : { exponent, ...end }
}

function findRepeatProblem({ every, exponent, times, until }: SendOptions): string | undefined {
  const hasEnd = times !== undefined || until !== undefined
  if (every !== undefined && exponent !== undefined) return 'give either --every or --exponent, not both'
  if (every === undefined && exponent === undefined)
    return hasEnd ? '--times and --until need --every or --exponent' : undefined
  if (every !== undefined && every % 1000 !== 0) return '--every takes whole seconds'
  return hasEnd ? undefined : 'say when it ends: --times 3 or --until 2026-12-24T18:00:00Z'
}

async function messageOf(
  topic: string,
  body: string | undefined,
  options: SendOptions,
): Promise<DelayMessage> {
  return {
    topic,
    body: await readBody(body, options.file),
    ...(options.tags === undefined ? {} : { tags: options.tags }),
    properties: options.property,
  }
}
