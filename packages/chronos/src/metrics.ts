import { Counter, Gauge, type MetricsRegistry, TallyHistogram } from '@ddmq/common/metrics'

const SHARD = ['cluster', 'shard'] as const

/** Which shard something happened in. */
interface ShardLabels {
  readonly cluster: string
  readonly shard: string
}

/** What the gauges show of one shard when they are scraped; what is not known yet they leave out. */
export interface ShardSample extends ShardLabels {
  readonly role: 'owner' | 'standby'
  readonly pending: number | undefined
  readonly pendingBytes: number | undefined
  /** Records of the table that were not applied yet. */
  readonly lag: number | undefined
  /** Since the end of the shard's log was last reached. */
  readonly secondsSinceEnd: number | undefined
}

/** Where the gauges look. */
export interface GaugeSources {
  readonly shards: () => Iterable<ShardSample>
  /** Clusters whose clock guard doubts the wall clock. */
  readonly doubtedClocks: () => Iterable<string>
  /** Clusters without transactions. */
  readonly atLeastOnce: () => Iterable<string>
}

export class ChronosMetrics {
  readonly fired
  readonly cancelled
  readonly deadLettered
  readonly lateness
  readonly transactions
  readonly takeovers
  readonly unreadable

  constructor(registry: MetricsRegistry) {
    const registers = [registry]
    this.fired = new Counter({
      name: 'ddmq_chronos_fired_messages_total',
      help: 'Rounds delivered to their topic.',
      labelNames: [...SHARD, 'topic'] as const,
      registers,
    })
    this.cancelled = new Counter({
      name: 'ddmq_chronos_cancelled_messages_total',
      help: 'Messages taken out because they were cancelled.',
      labelNames: [...SHARD, 'topic'] as const,
      registers,
    })
    this.deadLettered = new Counter({
      name: 'ddmq_chronos_dead_letters_total',
      help: 'Rounds that could not be delivered and were stored in the dead-letter topic.',
      labelNames: [...SHARD, 'topic', 'reason'] as const,
      registers,
    })
    this.lateness = new TallyHistogram({
      name: 'ddmq_chronos_lateness_seconds',
      help: 'Time from the due time of a round to the commit that delivered it.',
      labelNames: SHARD,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3_600],
      registers,
    })
    this.transactions = new Counter({
      name: 'ddmq_chronos_transactions_total',
      help: 'Transactions by outcome: committed, or the kind of their error.',
      labelNames: [...SHARD, 'outcome'] as const,
      registers,
    })
    this.takeovers = new Counter({
      name: 'ddmq_chronos_takeovers_total',
      help: 'Times at which a shard was taken over, by cause: assigned, or recovery from a failed commit.',
      labelNames: [...SHARD, 'cause'] as const,
      registers,
    })
    this.unreadable = new Counter({
      name: 'ddmq_chronos_unreadable_records_total',
      help: 'Records of the table that were passed over, by the part that cannot be read; again when an index is built anew.',
      labelNames: [...SHARD, 'part'] as const,
      registers,
    })
  }
}

/** Registers the gauges, which look at their sources when they are scraped. */
export function registerGauges(
  registry: MetricsRegistry,
  { shards, doubtedClocks, atLeastOnce }: GaugeSources,
): void {
  const gauges: readonly [noun: string, help: string, of: (sample: ShardSample) => number | undefined][] = [
    ['pending_messages', 'Messages that wait for their time.', sample => sample.pending],
    ['pending_bytes', 'Bodies and headers of pending messages.', sample => sample.pendingBytes],
    ['lag_records', 'Records of the table that were not applied yet.', sample => sample.lag],
    [
      'end_of_log_age_seconds',
      'Time since the end of the log of a shard was last reached. It grows when a transaction blocks its readers.',
      sample => sample.secondsSinceEnd,
    ],
  ]
  for (const [noun, help, of] of gauges) registry.registerMetric(shardGauge(noun, help, shards, of))
  registry.registerMetric(
    clusterGauge(
      'clock_doubted',
      'A series with value 1 for each cluster whose log, or passed time, disagrees with the wall clock.',
      doubtedClocks,
    ),
  )
  registry.registerMetric(
    clusterGauge(
      'at_least_once',
      'A series with value 1 for each cluster without transactions, where a message may be delivered twice.',
      atLeastOnce,
    ),
  )
}

function shardGauge(
  noun: string,
  help: string,
  shards: () => Iterable<ShardSample>,
  of: (sample: ShardSample) => number | undefined,
): Gauge {
  return new Gauge({
    name: `ddmq_chronos_${noun}`,
    help,
    // A shard is shown by all that follow it: a sum is one over its owners.
    labelNames: [...SHARD, 'role'],
    registers: [],
    collect() {
      this.reset()
      for (const sample of shards()) {
        const { cluster, shard, role } = sample
        const value = of(sample)
        if (value !== undefined) this.set({ cluster, shard, role }, value)
      }
    },
  })
}

function clusterGauge(noun: string, help: string, clusters: () => Iterable<string>): Gauge {
  return new Gauge({
    name: `ddmq_chronos_${noun}`,
    help,
    labelNames: ['cluster'],
    registers: [],
    collect() {
      this.reset()
      for (const cluster of clusters()) this.set({ cluster }, 1)
    },
  })
}
