import { z } from 'zod'

/** A topic in the console's lists. */
export const topicSchema = z.object({
  topic: z.string(),
  partitions: z.int(),
  brokerClusters: z.array(z.string()).default([]),
})

/** A consumer group in the console's lists. */
export const groupSchema = z.object({ group: z.string(), topics: z.array(z.string()) })
