import { Counter, Gauge, type MetricsRegistry } from '@ddmq/common/metrics'

export interface EmbeddedMetrics {
  readonly records: Counter<'cluster'>
  readonly bytes: Counter<'cluster'>
  readonly batches: Counter<'cluster'>
  readonly trimmed: Counter<'cluster'>
  readonly writable: Gauge<'cluster'>
  readonly tailCacheBytes: Gauge<'cluster'>
}

const created = new WeakMap<MetricsRegistry, EmbeddedMetrics>()

/** One set per registry, shared by the clusters of a process and told apart by their label. */
export function embeddedMetrics(registry: MetricsRegistry): EmbeddedMetrics {
  const known = created.get(registry)
  if (known !== undefined) return known
  const registers = [registry]
  const labelNames = ['cluster'] as const
  const metrics = {
    records: new Counter({
      name: 'ddmq_storage_appended_records_total',
      help: 'Records stored by the embedded engine.',
      labelNames,
      registers,
    }),
    bytes: new Counter({
      name: 'ddmq_storage_appended_bytes_total',
      help: 'Encoded bytes of the records stored by the embedded engine.',
      labelNames,
      registers,
    }),
    batches: new Counter({
      name: 'ddmq_storage_write_batches_total',
      help: 'Write batches of the embedded engine; records divided by batches is the size of a group commit.',
      labelNames,
      registers,
    }),
    trimmed: new Counter({
      name: 'ddmq_storage_trimmed_partitions_total',
      help: 'Partitions whose beginning was deleted by retention, counted once per pass.',
      labelNames,
      registers,
    }),
    writable: new Gauge({
      name: 'ddmq_storage_writable',
      help: '1 when the embedded engine takes writes; 0 when the disk is too full or a write failed.',
      labelNames,
      registers,
    }),
    tailCacheBytes: new Gauge({
      name: 'ddmq_storage_tail_cache_bytes',
      help: 'Bytes of the newest blocks that the embedded engine holds in memory.',
      labelNames,
      registers,
    }),
  }
  created.set(registry, metrics)
  return metrics
}
