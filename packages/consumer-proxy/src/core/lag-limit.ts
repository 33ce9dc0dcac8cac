import type { UpstreamTopic } from '@ddmq/common/registry'

/**
 * How far the last started offset of a partition may be ahead of the first unfinished one (consumer-proxy.md §10.4):
 * `maxConsumeLag`, where 0 means three times `concurrency` and −1 no limit.
 */
export function lagLimit(config: Pick<UpstreamTopic, 'maxConsumeLag' | 'concurrency'>): number {
  if (config.maxConsumeLag < 0) return Infinity
  return config.maxConsumeLag === 0 ? 3 * config.concurrency : config.maxConsumeLag
}
