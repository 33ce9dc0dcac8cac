import type { TopicSpec } from '../port/admin.ts'

/** How long an add may be repeated by its client, in log time, without being delivered twice. */
export const RETRY_WINDOW_MS = 600_000

/**
 * The table of pending messages of one broker cluster: a compacted topic whose partitions are the shards of the delay
 * service (architecture §7). Its name begins with the prefix that no client may send to.
 */
export function delayTableTopic(innerTopicPrefix: string): string {
  return `${innerTopicPrefix}table`
}

export function delayTableSpec(innerTopicPrefix: string, partitions: number): TopicSpec {
  return { topic: delayTableTopic(innerTopicPrefix), partitions, compacted: true, appendTime: true }
}

/** Where messages go that cannot be delivered at all, with the reason: a plain topic beside the table. */
export function delayDeadLetterTopic(innerTopicPrefix: string): string {
  return `${innerTopicPrefix}dead`
}
