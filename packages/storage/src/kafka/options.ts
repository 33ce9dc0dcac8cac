import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import type { MetricsRegistry } from '@ddmq/common/metrics'
import type { KafkaSettings } from './settings.ts'

export interface KafkaClusterOptions {
  /** Name in the config tree; prefix of its qids. */
  readonly clusterName: string
  readonly settings: KafkaSettings
  readonly clock: Clock
  readonly log: Logger
  readonly metrics?: MetricsRegistry
}
