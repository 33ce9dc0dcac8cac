/** Hot path: counts are plain numbers, moved to the registry when it is scraped. */
import { Counter, Gauge, type MetricsRegistry } from '@ddmq/common/metrics'

/** What the engine of one cluster counts. */
export class EngineTally {
  /** Since the last scrape. */
  records = 0
  bytes = 0
  batches = 0
  trimmed = 0
  /** As it is now; undefined while nothing was written and nothing failed. */
  writable: boolean | undefined
  tailCacheBytes = 0
}

type Tallies = ReadonlyMap<string, EngineTally>

const created = new WeakMap<MetricsRegistry, Map<string, EngineTally>>()

/** The tally of a cluster, the same one when its engine is opened again; the clusters of a registry are told apart by their label. */
export function engineTally(registry: MetricsRegistry | undefined, cluster: string): EngineTally {
  if (registry === undefined) return new EngineTally()
  let tallies = created.get(registry)
  if (tallies === undefined) {
    tallies = new Map()
    created.set(registry, tallies)
    register(registry, tallies)
  }
  let tally = tallies.get(cluster)
  if (tally === undefined) {
    tally = new EngineTally()
    tallies.set(cluster, tally)
  }
  return tally
}

function register(registry: MetricsRegistry, tallies: Tallies): void {
  const count = (of: 'records' | 'bytes' | 'batches' | 'trimmed', name: string, help: string): void =>
    registry.registerMetric(
      new Counter({
        name,
        help,
        labelNames: ['cluster'] as const,
        registers: [],
        collect() {
          for (const [cluster, tally] of tallies) {
            this.inc({ cluster }, tally[of])
            tally[of] = 0
          }
        },
      }),
    )
  const gauge = (name: string, help: string, valueOf: (tally: EngineTally) => number | undefined): void =>
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames: ['cluster'] as const,
        registers: [],
        collect() {
          for (const [cluster, tally] of tallies) {
            const value = valueOf(tally)
            if (value !== undefined) this.set({ cluster }, value)
          }
        },
      }),
    )
  count('records', 'ddmq_storage_appended_records_total', 'Records stored by the embedded engine.')
  count(
    'bytes',
    'ddmq_storage_appended_bytes_total',
    'Encoded bytes of the records stored by the embedded engine.',
  )
  count(
    'batches',
    'ddmq_storage_write_batches_total',
    'Write batches of the embedded engine; records divided by batches is the size of a group commit.',
  )
  count(
    'trimmed',
    'ddmq_storage_trimmed_partitions_total',
    'Partitions whose beginning was deleted by retention, counted once per pass.',
  )
  gauge(
    'ddmq_storage_writable',
    '1 when the embedded engine takes writes; 0 when the disk is too full or a write failed.',
    ({ writable }) => (writable === undefined ? undefined : Number(writable)),
  )
  gauge(
    'ddmq_storage_tail_cache_bytes',
    'Bytes of the newest blocks that the embedded engine holds in memory.',
    ({ tailCacheBytes }) => tailCacheBytes,
  )
}
