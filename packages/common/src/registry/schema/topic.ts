import { z } from 'zod'

/** proxyCluster → `ip:port` of its proxies. */
export const proxiesSchema = z.record(z.string(), z.array(z.string())).default({})

const topicUnitSchema = z.object({
  brokerCluster: z.string().min(1),
  proxies: proxiesSchema,
  totalMaxTps: z.number().positive().default(1024),
  maxTps: z.number().default(1024),
})

/** `/topic/<topic>` (common-monitor-deploy.md §4.1). */
export const topicConfigSchema = z.object({
  topic: z.string().min(1),
  alarmGroup: z.array(z.string()).optional(),
  topicUnits: z.array(topicUnitSchema).min(1),
  delayTopic: z.boolean().default(false),
  autoBatch: z.boolean().default(false),
  strongOrder: z.boolean().default(false),
  compressType: z.enum(['PRIMORDIAL', 'SNAPPY']).default('PRIMORDIAL'),
  limiterFailureRetryInterval: z.int().default(-1),
})

export type TopicUnit = z.infer<typeof topicUnitSchema>
export type TopicConfig = z.infer<typeof topicConfigSchema>
