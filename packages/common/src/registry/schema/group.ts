import { z } from 'zod'
import { upstreamTopicSchema } from './upstream-topic.ts'

/** `/group/<group>` (common-monitor-deploy.md §4.2). */
export const groupConfigSchema = z.object({
  group: z.string(),
  topics: z.array(upstreamTopicSchema).default([]),
  asyncThreads: z.int().default(8),
  redisConfig: z.looseObject({}).optional(),
  alarmGroup: z.array(z.string()).optional(),
  enableAlarm: z.boolean().default(true),
  delayTimeThreshold: z.int().default(300_000),
  committedLagThreshold: z.int().default(10_000),
  delayRequestHandlerThreads: z.int().default(-1),
})

export type GroupConfig = z.infer<typeof groupConfigSchema>
