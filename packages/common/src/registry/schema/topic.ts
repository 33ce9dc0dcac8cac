import { z } from 'zod'

/** proxyCluster → `ip:port` of its proxies. */
export const proxiesSchema = z.record(z.string(), z.array(z.string())).default({})

const topicUnitSchema = z.object({
  brokerCluster: z.string().min(1),
  proxies: proxiesSchema,
  totalMaxTps: z.number().positive().default(1024),
  maxTps: z.number().default(1024),
})

/** What a loop does about rounds it missed when several are due at once: all of them, only the latest, or none. */
export const DELAY_MISFIRES = ['all', 'latest', 'skip'] as const

/** How the delay service treats a topic; `parse({})` gives the defaults. */
export const delaySettingsSchema = z.object({
  misfire: z.enum(DELAY_MISFIRES).default('all'),
  /** Nothing is delivered while this is set; what is added meanwhile waits. */
  paused: z.boolean().default(false),
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
  /** How the delay service treats this topic; the defaults when absent. */
  delay: delaySettingsSchema.optional(),
})

export type TopicUnit = z.infer<typeof topicUnitSchema>
export type DelaySettings = z.infer<typeof delaySettingsSchema>
export type TopicConfig = z.infer<typeof topicConfigSchema>
