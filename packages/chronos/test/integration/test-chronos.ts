import { join } from 'node:path'
import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { type ProcessDeps, Service } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import type { EmbeddedRegistry, PProxyConfig } from '@ddmq/common/registry'
import type { ClusterConnector, ClusterEntry } from '@ddmq/storage'
import { chronosConfigSchema, composeChronos } from '../../src/index.ts'
import { kafkaEntry, proxyDocument } from '../proxy-document.ts'

/** Of the broker cluster in all these tests. */
export const CLUSTER = 'R_test'
const PROXY = '127.0.0.1:9613'

export interface TestChronosOptions {
  /** The index is in its folder `chronos`. */
  readonly dir: string
  readonly log: Logger
  readonly connector: ClusterConnector
  readonly entry: ClusterEntry
  readonly registry: EmbeddedRegistry
  readonly innerTopicPrefix: string
  /** Over what is usual here. */
  readonly config?: object
}

/** A delay service as a process has it. */
export class TestChronos implements AsyncDisposable {
  readonly service: Service
  readonly metrics: MetricsRegistry

  private constructor(service: Service, metrics: MetricsRegistry) {
    this.service = service
    this.metrics = metrics
  }

  static async start(options: TestChronosOptions): Promise<TestChronos> {
    const { dir, log, connector, entry, registry, innerTopicPrefix } = options
    const deps: ProcessDeps = {
      clock: systemClock,
      log,
      metrics: new MetricsRegistry(),
      budget: new ByteBudget(1 << 26),
    }
    const config = chronosConfigSchema.parse({
      dataDir: join(dir, 'chronos'),
      freeSpaceFloorBytes: 0,
      ...options.config,
    })
    await registry.put('pproxy', PROXY, documentOf(entry, innerTopicPrefix))
    const { components } = composeChronos(config, { ...deps, registry, connector })
    const service = new Service({ name: 'chronos', components, log, stopTimeoutMs: 20_000 })
    await service.start()
    return new TestChronos(service, deps.metrics)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.service.stop()
  }
}

/** That of a producer proxy which stores to the cluster. */
function documentOf(entry: ClusterEntry, chronosInnerTopicPrefix: string): PProxyConfig {
  const delay = { innerTopicNum: 1, chronosInnerTopicPrefix }
  if (entry.engine === 'embedded') {
    return proxyDocument(PROXY, CLUSTER, {
      delay,
      embeddedConfigurationMap: { [CLUSTER]: { clusterName: CLUSTER } },
    })
  }
  const kafkaConfigurationMap = { [CLUSTER]: kafkaEntry(entry.bootstrapServers ?? []) }
  return proxyDocument(PROXY, CLUSTER, { delay, useKafka: true, kafkaConfigurationMap })
}
