import { settledBefore } from '@ddmq/common/async'
import type { ConsumeStats, ConsumeStatsRequest } from '@ddmq/common/idl'
import type { Logger } from '@ddmq/common/log'
import type { LogClusters } from '@ddmq/storage'
import { qidOf } from '../core/qid.ts'
import type { Subscription } from '../core/subscription.ts'
import type { ConsumerProxyMetrics } from '../metrics.ts'
import type { ConsumerGroups } from './consumer-groups.ts'

/** A cluster that does not answer must not keep the caller from what the others say. */
const WAIT_MS = 2000

export interface ConsumeStatsDeps {
  readonly groups: ConsumerGroups
  readonly clusters: LogClusters
  readonly metrics: ConsumerProxyMetrics
  readonly log: Logger
}

/**
 * The `getConsumeStats` call (consumer-proxy.md §7): committed and end offsets of a group's subscriptions on this proxy,
 * one entry per (cluster, topic). A topic that cannot be read in time is logged and left out.
 */
export async function consumeStats(
  deps: ConsumeStatsDeps,
  request: ConsumeStatsRequest,
): Promise<ConsumeStats[]> {
  const plan = deps.groups.get(request.group)?.plan
  const subscriptions = [...(plan?.clusters.values() ?? [])].flat()
  const wanted = request.topic ? subscriptions.filter(({ topic }) => topic === request.topic) : subscriptions
  const stats = await Promise.all(wanted.map(subscription => statsOf(deps, subscription)))
  return stats.filter(entry => entry !== undefined)
}

async function statsOf(
  deps: ConsumeStatsDeps,
  subscription: Subscription,
): Promise<ConsumeStats | undefined> {
  const { group, topic, brokerCluster } = subscription
  const cluster = deps.clusters.get(brokerCluster)
  if (cluster === undefined) return undefined
  try {
    const lags = await settledBefore(AbortSignal.timeout(WAIT_MS), cluster.admin.lag(group, topic))
    const qid = (partition: string): string => qidOf(cluster.clusterName, partition)
    return {
      group,
      topic,
      consumeOffsets: new Map(lags.map(lag => [qid(lag.partition), lag.committedOffset])),
      produceOffsets: new Map(lags.map(lag => [qid(lag.partition), lag.endOffset])),
    }
  } catch (err) {
    deps.metrics.errors.inc({ kind: 'stats' })
    deps.log.warn({ err, group, topic, brokerCluster }, 'stats of the topic left out')
    return undefined
  }
}
