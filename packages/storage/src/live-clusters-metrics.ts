import { Counter, Gauge, type MetricsRegistry } from '@ddmq/common/metrics'

/** What an owner shows of its broker clusters; `owner` begins the names, as `producer_proxy`. */
export class LiveClustersMetrics {
  readonly failures: Counter<'cluster'>

  constructor(
    registry: MetricsRegistry,
    owner: string,
    states: () => Iterable<readonly [cluster: string, isUsable: boolean]>,
  ) {
    this.failures = new Counter({
      name: `ddmq_${owner}_broker_cluster_connect_failures_total`,
      help: 'Attempts to connect to a broker cluster that failed.',
      labelNames: ['cluster'] as const,
      registers: [registry],
    })
    registry.registerMetric(
      new Gauge({
        name: `ddmq_${owner}_broker_cluster_connected`,
        help: 'Whether the broker cluster is connected and well (1), or wanted and not (0).',
        labelNames: ['cluster'] as const,
        registers: [],
        collect() {
          this.reset()
          for (const [cluster, isUsable] of states()) this.set({ cluster }, isUsable ? 1 : 0)
        },
      }),
    )
  }
}
