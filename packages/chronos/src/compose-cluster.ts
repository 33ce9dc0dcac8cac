import type { Clock } from '@ddmq/common/clock'
import { type Logger, rateLimited } from '@ddmq/common/log'
import type { Registry } from '@ddmq/common/registry'
import type { LogCluster } from '@ddmq/storage'
import { ClusterShards } from './app/cluster-shards.ts'
import { DeadLetters } from './app/dead-letters.ts'
import { Shard } from './app/shard.ts'
import { ShardCount } from './app/shard-count.ts'
import { TopicPartitions } from './app/topic-partitions.ts'
import { FollowedTopics } from './app/topic-settings.ts'
import type { ChronosConfig } from './config.ts'
import { ClockGuard } from './core/clock-guard.ts'
import { Destinations } from './core/destinations.ts'
import { startChecks } from './core/start-checks.ts'
import type { ChronosMetrics } from './metrics.ts'
import { DelayIndex } from './store/delay-index.ts'
import { shardPrefix } from './store/keys.ts'
import type { OrderedStore } from './store/ordered-store.ts'

/** Kafka's own default of `delete.retention.ms`, where an engine does not say. */
const DEFAULT_TOMBSTONE_RETENTION_MS = 86_400_000
const UNREADABLE_EVERY_MS = 10_000
const UNREADABLE = 'a record of the delay table cannot be read and is passed over'

export interface ClusterShardsParts {
  readonly config: Omit<ChronosConfig, 'dataDir' | 'writeBufferBytes' | 'freeSpaceFloorBytes' | 'instance'>
  readonly clock: Clock
  /** See `ClockGuardOptions`. */
  readonly bootMs: () => number
  readonly logHasOwnClock: boolean
  /** Of the table and its dead letters. */
  readonly innerTopicPrefix: string
  readonly log: Logger
  readonly registry: Pick<Registry, 'watch'>
  readonly metrics: ChronosMetrics
  readonly random: () => number
  readonly turn: (records: number) => Promise<void>
  /** Deliveries per transaction, where the configuration does not say. */
  readonly batchCount: number
  /** Where the indexes are, opened again where that is needed. */
  readonly openStore: () => Promise<OrderedStore>
}

/** The shards of one table, with everything that decides about them. */
export function composeClusterShards(cluster: LogCluster, parts: ClusterShardsParts): ClusterShards {
  const { config, clock, log, metrics, random, openStore, innerTopicPrefix } = parts
  const { clusterName } = cluster
  const unreadable = rateLimited(log, UNREADABLE_EVERY_MS, clock)
  const settings = new FollowedTopics({ ...parts, cluster: clusterName })
  const shared = {
    ...parts,
    ...config,
    cluster,
    settings,
    guard: new ClockGuard({ ...parts, ...config.clock }),
    limits: { ...config.batch, count: config.batch.count ?? parts.batchCount },
    partitions: new TopicPartitions(cluster, clock, random),
    deadLetters: new DeadLetters(cluster, innerTopicPrefix),
  }
  return new ClusterShards({
    ...shared,
    clock,
    log,
    check: async table =>
      startChecks({
        cluster: clusterName,
        capabilities: cluster.capabilities,
        table,
        transactions: await cluster.admin.describeTransactions(),
        ...config.table,
      }),
    closed: () => settings.close(),
    openShard: (id, table, before) => {
      const shards = new ShardCount(cluster, table.topic, table.partitions)
      return new Shard({
        ...shared,
        clock,
        id,
        topic: table.topic,
        destinations: new Destinations({
          clock,
          random,
          shards: () => shards.now(),
          settings: topic => settings.get(topic),
        }),
        tombstoneRetentionMs: table.tombstoneRetentionMs ?? DEFAULT_TOMBSTONE_RETENTION_MS,
        openIndex: async () => {
          await before
          return DelayIndex.open(await openStore(), shardPrefix(clusterName, `${innerTopicPrefix}${id}`), {
            onUnreadable: ({ offset, part }) => {
              metrics.unreadable.inc({ cluster: clusterName, shard: id, part })
              unreadable.warn(
                { cluster: clusterName, topic: table.topic, shard: id, offset, part },
                UNREADABLE,
              )
            },
          })
        },
      })
    },
  })
}
