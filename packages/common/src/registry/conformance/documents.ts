import type { GroupConfig, TopicConfig } from '../schema/index.ts'
import { groupConfigSchema, topicConfigSchema } from '../schema/index.ts'

/** A small valid topic document. */
export function topicDocument(topic: string, maxTps = 1024): TopicConfig {
  return topicConfigSchema.parse({
    topic,
    topicUnits: [{ brokerCluster: 'R_default', maxTps, proxies: { P_ddmq: ['127.0.0.1:9613'] } }],
  })
}

/** A small valid group document. */
export function groupDocument(group: string): GroupConfig {
  return groupConfigSchema.parse({ group })
}
