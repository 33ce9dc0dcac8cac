import type { UpstreamTopic } from './schema/index.ts'

/**
 * Greatest distance between the first unfinished and the last finished offset, or undefined without a limit: a stored 0
 * means three times the concurrency (common-monitor-deploy.md §4.2.1).
 */
export function consumeLagLimit(subscription: UpstreamTopic): number | undefined {
  if (subscription.maxConsumeLag < 0) return undefined
  return subscription.maxConsumeLag === 0 ? subscription.concurrency * 3 : subscription.maxConsumeLag
}
