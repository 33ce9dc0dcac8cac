import { producerService } from '@ddmq/common/idl'
import type { Component, ProcessDeps } from '@ddmq/common/lifecycle'
import { instanceName, type Registry } from '@ddmq/common/registry'
import { ThriftServer } from '@ddmq/common/thrift'
import { AppendBatcher, type LogClusters } from '@ddmq/storage'
import { ProducerHandlers } from './api/producer-handlers.ts'
import type { Target } from './app/active-topic.ts'
import { Failures } from './app/failures.ts'
import { FollowConfig } from './app/follow-config.ts'
import { LimiterHolds } from './app/limiter-holds.ts'
import { SendBatch } from './app/send-batch.ts'
import { SendDelay } from './app/send-delay.ts'
import { SendMessage } from './app/send-message.ts'
import { TopicTable } from './app/topic-table.ts'
import type { ProducerProxyConfig } from './config.ts'
import { ProducerProxyMetrics } from './metrics.ts'

/** What the proxy is given beside the process's own parts; started before it and stopped after it by its owner. */
export interface ProducerProxyDeps extends ProcessDeps {
  readonly registry: Registry
  readonly clusters: LogClusters
}

/**
 * The producer proxy's parts in start order: it listens only when every topic is known. It stops holding requests first and
 * listening second, so that the server waits for no hold.
 */
export function composeProducerProxy(
  config: ProducerProxyConfig,
  deps: ProducerProxyDeps,
): readonly Component[] {
  const { clock, registry, clusters, metrics: registryOfMetrics, budget } = deps
  const log = deps.log.child({ component: 'producer-proxy' })
  const instance = instanceName(config)
  const targets = targetsOf(clusters, deps)
  const holds: LimiterHolds = new LimiterHolds(clock, () => table.holdQueueSize)
  const metrics = new ProducerProxyMetrics(registryOfMetrics, config.maxTopicSeries, () => holds.count)
  const table: TopicTable = new TopicTable({ instance, targets, clock, metrics })
  const failures = new Failures(clock, log)
  const { engineWaitMs } = config
  const send = { table, holds, failures, metrics, clock, random: Math.random, engineWaitMs }
  const handlers = new ProducerHandlers({
    message: new SendMessage(send),
    batch: new SendBatch(send, budget),
    delay: new SendDelay(table, metrics),
    failures,
    meters: metrics.methods,
    clock,
  })
  const server = new ThriftServer({
    name: 'producer-proxy-server',
    host: config.host,
    port: config.port,
    service: producerService,
    handlers,
    limits: config.limits,
    log,
  })
  const follow = new FollowConfig({ registry, table, instance, port: config.port, log })
  return [...[...targets.values()].map(target => target.batcher), follow, server, holds]
}

function targetsOf(clusters: LogClusters, { clock, budget }: ProducerProxyDeps): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>()
  for (const name of clusters.names) {
    const cluster = clusters.get(name)
    if (cluster !== undefined)
      targets.set(name, { cluster, batcher: new AppendBatcher({ cluster, clock, budget }) })
  }
  return targets
}
