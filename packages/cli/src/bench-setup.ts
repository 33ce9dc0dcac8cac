import { z } from 'zod'
import { groupSchema, topicSchema } from './console-documents.ts'
import type { CommandContext } from './context.ts'

/** What a load run uses when nothing is named. */
export const BENCH_TOPIC = 'bench'
export const BENCH_GROUP = 'cg_bench'

const PARTITIONS = 8

/** Creates the topic of a load run when it is missing. */
export async function ensureTopic(context: CommandContext, topic: string): Promise<void> {
  const console = await context.console()
  const topics = await console.get('/topics', z.array(topicSchema))
  if (!topics.some(existing => existing.topic === topic)) {
    await console.post('/topics', { topic, partitions: PARTITIONS }, z.unknown())
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
  await console.post('/subscriptions', { group, topic, from: 'earliest', enabled: true }, z.unknown())
}
