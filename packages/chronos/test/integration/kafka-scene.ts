import { join } from 'node:path'
import { systemClock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { type ClusterConnector, StorageError } from '@ddmq/storage'
import { KafkaCluster, kafkaSettingsSchema } from '@ddmq/storage/kafka'
import { testLogger } from '@ddmq/testkit'
import { DelayScene } from './delay-scene.ts'
import { CLUSTER } from './test-chronos.ts'

/** Shorter than brokers allow by default: see `SHORT_SESSIONS`. */
export const SESSION_MS = 3_000
/** Settings of the brokers. */
export const SHORT_SESSIONS = { 'group.min.session.timeout.ms': '1000' }

export interface KafkaSceneOptions {
  readonly dir: string
  /** What the delay service connects to. */
  readonly bootstrapServers: string
  /** What everybody else does, where a fault stands between. */
  readonly directServers?: string
  readonly innerTopicPrefix: string
  /** Of the topics that the scene makes. */
  readonly topicDefaults?: object
  readonly config?: object
  readonly log?: Logger
}

/** On Kafka; the delay service has a connection of its own. */
export async function kafkaScene(options: KafkaSceneOptions): Promise<DelayScene> {
  const { dir, bootstrapServers, directServers = bootstrapServers } = options
  const collected = testLogger()
  const log = options.log ?? collected.log
  const cluster = openKafka(directServers, log, options.topicDefaults)
  return DelayScene.open({
    ...options,
    log,
    lines: collected.lines,
    cluster,
    before: [cluster],
    registry: new EmbeddedRegistry({ dir: join(dir, 'registry'), log }),
    connector: kafkaConnector(log),
    entry: { engine: 'kafka', bootstrapServers: bootstrapServers.split(',') },
    config: { table: { demands: { replication: 1, minInsync: 1 } }, ...options.config },
  })
}

export function openKafka(
  bootstrapServers: string | readonly string[],
  log: Logger,
  topicDefaults: object = {},
): KafkaCluster {
  const settings = kafkaSettingsSchema.parse({
    bootstrapServers,
    sessionTimeoutMs: SESSION_MS,
    topicDefaults,
  })
  return new KafkaCluster({ clusterName: CLUSTER, settings, clock: systemClock, log })
}

function kafkaConnector(log: Logger): ClusterConnector {
  return {
    connect(_, entry) {
      if (entry.engine !== 'kafka') throw new StorageError('invalid', 'only Kafka here')
      const { bootstrapServers = [] } = entry
      const cluster = openKafka(bootstrapServers, log)
      return {
        cluster,
        address: bootstrapServers.join(),
        async open(abort) {
          await cluster.start(abort)
          const health = cluster.health()
          if (health.ok) return
          await cluster.stop()
          throw new StorageError('unavailable', health.reason)
        },
        close: deadline => cluster.stop(deadline),
      }
    },
  }
}
