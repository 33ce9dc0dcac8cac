import type { UpstreamTopic } from '@ddmq/common/registry'

/** One enabled subscription of a group on this proxy; replaced as a whole by a live reload. */
export interface Subscription {
  readonly group: string
  readonly brokerCluster: string
  readonly topic: string
  readonly config: UpstreamTopic
}
