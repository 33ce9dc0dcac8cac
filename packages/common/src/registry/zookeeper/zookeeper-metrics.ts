import { Counter, Gauge, type MetricsRegistry } from '../../metrics/index.ts'

export interface ZooKeeperMetrics {
  readonly connected: Gauge
  readonly sessions: Counter
  readonly connectFailures: Counter
}

export function createZooKeeperMetrics(
  registry: MetricsRegistry,
  cachedCount: () => number,
): ZooKeeperMetrics {
  const registers = [registry]
  registry.registerMetric(
    new Gauge({
      name: 'ddmq_registry_cached_documents',
      help: 'Watched documents in force from the last-good cache that ZooKeeper has not confirmed yet.',
      registers: [],
      collect() {
        this.set(cachedCount())
      },
    }),
  )
  return {
    connected: new Gauge({
      name: 'ddmq_registry_connected',
      help: 'Whether there is a session with ZooKeeper: 1 or 0.',
      registers,
    }),
    sessions: new Counter({
      name: 'ddmq_registry_sessions_total',
      help: 'Sessions with ZooKeeper that were opened.',
      registers,
    }),
    connectFailures: new Counter({
      name: 'ddmq_registry_connect_failures_total',
      help: 'Attempts to open a session with ZooKeeper that failed.',
      registers,
    }),
  }
}
