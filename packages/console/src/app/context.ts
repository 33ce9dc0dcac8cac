import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import type { LogClusters } from '@ddmq/storage'
import type { AccountStore, MetadataStore } from '../core/ports.ts'
import type { Changes } from './changes.ts'
import type { Publisher } from './publisher.ts'

/** What use cases work with. */
export interface AppContext {
  readonly store: MetadataStore
  readonly accounts: AccountStore
  readonly publisher: Publisher
  readonly changes: Changes
  readonly clusters: LogClusters
  readonly clock: Clock
  readonly log: Logger
}
