import { join } from 'node:path'
import { AdminServer } from '@ddmq/common/admin-http'
import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { type Component, type ProcessDeps, Service } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import { eventLoopMetrics, MetricsRegistry } from '@ddmq/common/metrics'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { type ConsoleService, composeConsole } from '@ddmq/console'
import { composeConsumerProxy } from '@ddmq/consumer-proxy'
import { composeProducerProxy } from '@ddmq/producer-proxy'
import type { LogClusters } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import type { UpConfig } from './config.ts'

/** All services in one process, on the embedded ports. */
export interface Standalone {
  readonly service: Service
  readonly console: ConsoleService
}

/**
 * Composition root of `ddmq up`. Start order is dependency order: the log takes the lock of the data folder first; the console
 * publishes the documents that the proxies read at their start; the admin listener, which says "ready", comes last.
 */
export function composeStandalone(config: UpConfig, log: Logger): Standalone {
  const deps: ProcessDeps = {
    clock: systemClock,
    log,
    metrics: new MetricsRegistry(),
    budget: new ByteBudget(config.memoryBudgetBytes),
  }
  const cluster = embeddedCluster(config, deps)
  const clusters: LogClusters = {
    names: [cluster.clusterName],
    get: name => (name === cluster.clusterName ? cluster : undefined),
  }
  const registry = new EmbeddedRegistry({ dir: join(config.dataDir, 'registry'), log })
  const ports = { ...deps, registry, clusters }
  const console = composeConsole(config.console, ports)
  const components: readonly Component[] = [
    eventLoopMetrics(deps.metrics),
    cluster,
    registry,
    ...console.components,
    ...composeProducerProxy(config.producerProxy, ports),
    ...composeConsumerProxy(config.consumerProxy, ports),
  ]
  const admin: Component = new AdminServer({
    ...config.admin,
    config,
    log,
    metrics: deps.metrics,
    health: () => service.health(),
  })
  const service: Service = new Service({
    name: 'ddmq',
    components: [...components, admin],
    log,
    stopTimeoutMs: config.stopTimeoutMs,
  })
  return { service, console }
}

function embeddedCluster(config: UpConfig, deps: ProcessDeps): EmbeddedCluster {
  return new EmbeddedCluster({
    clusterName: config.console.seed.brokerCluster,
    dir: join(config.dataDir, 'log'),
    fsync: config.fsync,
    freeSpaceFloorBytes: config.freeSpaceFloorBytes,
    clock: deps.clock,
    log: deps.log,
  })
}
