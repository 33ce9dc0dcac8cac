import { z } from 'zod'
import { groupSchema, topicSchema } from './console-documents.ts'
import type { CommandContext } from './context.ts'

/** What a load run uses when nothing is named. */
export const BENCH_TOPIC = 'bench'
export const BENCH_GROUP = 'cg_bench'
export const DELAY_BENCH_TOPIC = 'bench_delay'
export const DELAY_BENCH_GROUP = 'cg_bench_delay'

const PARTITIONS = 8
/** What the load generator asks for. */
const PULL_BATCH = 32

/** Creates the topic of a load run when it is missing. */
export function ensureTopic(context: CommandContext, topic: string): Promise<void> {
  return ensure(context, topic, {})
}

/** The same, of delayed messages. */
export function ensureDelayTopic(context: CommandContext, topic: string): Promise<void> {
  return ensure(context, topic, { delayTopic: true })
}

async function ensure(context: CommandContext, topic: string, more: object): Promise<void> {
  const console = await context.console()
  const topics = await console.get('/topics', z.array(topicSchema))
  if (!topics.some(existing => existing.topic === topic)) {
    await console.post('/topics', { topic, partitions: PARTITIONS, ...more }, z.unknown())
  }
}

/** Creates the group of a load run and subscribes it from the start of the topic, when it is missing. */
export async function ensureGroup(context: CommandContext, group: string, topic: string): Promise<void> {
  const console = await context.console()
  const groups = await console.get('/groups', z.array(groupSchema))
  const existing = groups.find(candidate => candidate.group === group)
  if (existing?.topics.includes(topic) === true) return
  await ensureTopic(context, topic)
  if (existing === undefined) await console.post('/groups', { group }, z.unknown())
  await console.post(
    '/subscriptions',
    { group, topic, from: 'earliest', enabled: true, maxPullBatchSize: PULL_BATCH },
    z.unknown(),
  )
}
