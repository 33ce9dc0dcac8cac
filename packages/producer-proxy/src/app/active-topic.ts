import type { TwoRateLimiter } from '../core/rate-limit.ts'
import type { TopicRoute } from '../core/topic-route.ts'
import type { TopicTally } from '../metrics.ts'
import type { Target } from './target.ts'

/** All that a send needs of its topic, found by one look-up. Replaced as a whole when something of it changes. */
export interface ActiveTopic {
  readonly route: TopicRoute
  /** One per cluster of the route, in its order; undefined where there is no connection. */
  readonly targets: readonly (Target | undefined)[]
  readonly limiter: TwoRateLimiter
  readonly tally: TopicTally
}
