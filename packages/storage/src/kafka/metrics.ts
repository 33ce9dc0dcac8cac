import { Counter, Gauge, type MetricsRegistry } from '@ddmq/common/metrics'

export interface KafkaMetrics {
  readonly reachable: Gauge<'cluster'>
  readonly connectionFailures: Counter<'cluster'>
  readonly records: Counter<'cluster'>
  readonly bytes: Counter<'cluster'>
  readonly produceRequests: Counter<'cluster'>
  readonly produceRetries: Counter<'cluster'>
}

const created = new WeakMap<MetricsRegistry, KafkaMetrics>()

/** One set per registry, shared by the clusters of a process and told apart by their label. */
export function kafkaMetrics(registry: MetricsRegistry): KafkaMetrics {
  const known = created.get(registry)
  if (known !== undefined) return known
  const registers = [registry]
  const labelNames = ['cluster'] as const
  const counter = (name: string, help: string): Counter<'cluster'> =>
    new Counter({ name, help, labelNames, registers })
  const metrics = {
    reachable: new Gauge({
      name: 'ddmq_kafka_reachable',
      help: 'Is 1 when a broker of the cluster answered the last time it was asked, else 0.',
      labelNames,
      registers,
    }),
    connectionFailures: counter(
      'ddmq_kafka_connection_failures_total',
      'Connections to brokers that could not be made, also for a wrong password.',
    ),
    records: counter('ddmq_kafka_appended_records_total', 'Records acknowledged by the cluster.'),
    bytes: counter(
      'ddmq_kafka_appended_bytes_total',
      'Bytes of the batches acknowledged, compressed where they are.',
    ),
    produceRequests: counter(
      'ddmq_kafka_produce_requests_total',
      'Requests that stored records; records divided by requests is the size of a group commit.',
    ),
    produceRetries: counter(
      'ddmq_kafka_produce_retries_total',
      'Batches of one partition that were sent again, because the leader changed or did not answer.',
    ),
  }
  created.set(registry, metrics)
  return metrics
}
