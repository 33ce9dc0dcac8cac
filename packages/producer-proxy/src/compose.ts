import { producerService } from '@ddmq/common/idl'
import type { Component, ProcessDeps } from '@ddmq/common/lifecycle'
import { instanceName, type Registry } from '@ddmq/common/registry'
import { ThriftServer } from '@ddmq/common/thrift'
import { type ClusterConnector, DeadlineWatch, LiveClusters } from '@ddmq/storage'
import { ProducerHandlers } from './api/producer-handlers.ts'
import { Failures } from './app/failures.ts'
import { FollowConfig } from './app/follow-config.ts'
import { LimiterHolds } from './app/limiter-holds.ts'
import { SecondAttempts } from './app/second-attempt.ts'
import { SendBatch } from './app/send-batch.ts'
import { SendDelay } from './app/send-delay.ts'
import { SendMessage } from './app/send-message.ts'
import { Targets } from './app/targets.ts'
import { TopicTable } from './app/topic-table.ts'
import type { ProducerProxyConfig } from './config.ts'
import { ProducerProxyMetrics } from './metrics.ts'

/** What the proxy is given beside the process's own parts. It opens and closes its connections to clusters itself. */
export interface ProducerProxyDeps extends ProcessDeps {
  readonly registry: Registry
  readonly connector: ClusterConnector
}

/**
 * The producer proxy's parts in start order: it listens only when every topic is known. It stops holding requests first and
 * listening second, so that the server waits for no hold.
 */
export function composeProducerProxy(
  config: ProducerProxyConfig,
  deps: ProducerProxyDeps,
): readonly Component[] {
  const { clock, registry, connector, metrics: registryOfMetrics, budget } = deps
  const log = deps.log.child({ component: 'producer-proxy' })
  const instance = instanceName(config)
  const clusters: LiveClusters = new LiveClusters({
    owner: 'producer_proxy',
    connector,
    clock,
    log,
    metrics: registryOfMetrics,
    onChange: async deadline => {
      const retired = targets.refresh()
      table.retarget()
      await Promise.all(retired.map(target => target.retire(deadline)))
    },
  })
  const targets = new Targets(clusters, deps)
  const holds: LimiterHolds = new LimiterHolds(clock, () => table.holdQueueSize)
  const metrics = new ProducerProxyMetrics(registryOfMetrics, config.maxTopicSeries, () => holds.count)
  const table: TopicTable = new TopicTable({ instance, targets, clock, metrics })
  const failures = new Failures(clock, log)
  const { engineWaitMs } = config
  const random = Math.random
  const send = { table, clusters, holds, failures, metrics, clock, random, engineWaitMs }
  const seconds = new SecondAttempts({ table, clock, random, watch: new DeadlineWatch(clock) })
  const handlers = new ProducerHandlers({
    message: new SendMessage(send, seconds),
    batch: new SendBatch(send, budget),
    delay: new SendDelay(send),
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
  const follow = new FollowConfig({ registry, table, clusters, instance, port: config.port, log })
  return [clusters, follow, server, holds]
}
