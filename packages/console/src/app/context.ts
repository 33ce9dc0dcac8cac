import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import type { AccountStore, DelayInstances, MetadataStore } from '../core/ports.ts'
import type { Changes } from './changes.ts'
import type { ConnectedClusters } from './find.ts'
import type { FollowBrokerClusters } from './follow-broker-clusters.ts'
import type { Publisher } from './publisher.ts'

/** What use cases work with. */
export interface AppContext {
  readonly store: MetadataStore
  readonly accounts: AccountStore
  readonly publisher: Publisher
  readonly changes: Changes
  readonly clusters: ConnectedClusters
  readonly brokerClusters: FollowBrokerClusters
  readonly delayInstances: DelayInstances
  readonly clock: Clock
  readonly log: Logger
}
