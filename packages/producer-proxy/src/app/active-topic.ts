import type { AppendBatcher, LogCluster } from '@ddmq/storage'
import type { TwoRateLimiter } from '../core/rate-limit.ts'
import type { TopicRoute } from '../core/topic-route.ts'
import type { TopicTally } from '../metrics.ts'

/** One cluster this process is connected to. */
export interface Target {
  readonly cluster: LogCluster
  readonly batcher: AppendBatcher
}

/** All that a send needs of its topic, found by one look-up. Replaced as a whole when a document changes. */
export interface ActiveTopic {
  readonly route: TopicRoute
  /** One per cluster of the route, in its order; undefined where no engine serves the cluster (21). */
  readonly targets: readonly (Target | undefined)[]
  readonly limiter: TwoRateLimiter
  readonly tally: TopicTally
}
