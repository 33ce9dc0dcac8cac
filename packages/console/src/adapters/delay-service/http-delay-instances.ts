import { describeError } from '@ddmq/common/errors'
import { z } from 'zod'
import type { InstanceStats } from '../../core/delay-stats.ts'
import type { DelayInstances, InstanceAnswer, MessageQuery, PendingMessage } from '../../core/ports.ts'

/** How long an instance may take, so that the others are shown all the same. */
const WAIT_MS = 3000

const count = z.number().nonnegative()
const role = z.enum(['owner', 'standby'])

const statsSchema = z.object({
  instance: z.string(),
  shards: z.array(
    z.object({
      cluster: z.string(),
      table: z.string(),
      shard: z.string(),
      role,
      pending: count,
      bytes: count,
      lag: count,
      oldestDueMs: z.number().nullable(),
      cancels: count,
      fired: count,
      topics: z.array(
        z.object({ topic: z.string(), pending: count, bytes: count, asideReason: z.string().nullable() }),
      ),
      histogram: z.object({
        fromMs: z.number(),
        stepMs: z.number(),
        counts: z.array(count),
        isCut: z.boolean(),
      }),
    }),
  ),
})

const messageSchema = z.discriminatedUnion('found', [
  z.object({ found: z.literal(false) }),
  z.object({
    found: z.literal(true),
    cluster: z.string(),
    shard: z.string(),
    role,
    round: count,
    dueMs: z.number(),
    bytes: count,
    cancelledFromRound: count.nullable(),
    asideReason: z.string().nullable(),
  }),
])

/** Asks the admin ports of the delay service. */
export class HttpDelayInstances implements DelayInstances {
  readonly #urls: readonly string[]

  /** `urls`: base URLs, with or without a slash at their end. */
  constructor(urls: readonly string[]) {
    this.#urls = [...new Set(urls.map(url => url.replace(/\/+$/, '')))]
  }

  stats(): Promise<readonly InstanceAnswer<InstanceStats>[]> {
    return this.#ask('/delay/stats', statsSchema)
  }

  find({ topic, id }: MessageQuery): Promise<readonly InstanceAnswer<PendingMessage | undefined>[]> {
    const query = new URLSearchParams({ topic, id })
    const schema = messageSchema.transform(message => (message.found ? message : undefined))
    return this.#ask(`/delay/message?${query.toString()}`, schema)
  }

  #ask<Answer>(path: string, schema: z.ZodType<Answer>): Promise<readonly InstanceAnswer<Answer>[]> {
    return Promise.all(this.#urls.map(url => ask(url, path, schema)))
  }
}

async function ask<Answer>(
  url: string,
  path: string,
  schema: z.ZodType<Answer>,
): Promise<InstanceAnswer<Answer>> {
  const name = `delay service at ${url}`
  try {
    const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(WAIT_MS), redirect: 'error' })
    const body: unknown = await response.json().catch(() => undefined)
    if (!response.ok) return { url, problem: `${name} answered ${response.status}` }
    const parsed = schema.safeParse(body)
    if (!parsed.success)
      return { url, problem: `${name} answered what no delay service of this version does` }
    return { url, answer: parsed.data }
  } catch (thrown) {
    return { url, problem: `${name} does not answer: ${describeError(thrown)}` }
  }
}
