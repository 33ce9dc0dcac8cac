import { Counter, Gauge, type MetricsRegistry } from '@ddmq/common/metrics'

const TOPIC = ['group', 'topic'] as const

/** Where the gauges look at the moment they are scraped. */
export interface GaugeSources {
  lags(): Iterable<PartitionLag>
  inFlight(): Iterable<TopicCount>
  parked(): Iterable<{ readonly group: string; readonly count: number }>
  refusedSubscriptions(): number
}

export interface TopicCount {
  readonly group: string
  readonly topic: string
  readonly count: number
}

export interface PartitionLag extends TopicCount {
  readonly qid: string
}

/** What happened to the messages of one group and topic since the counters were last scraped. Hot: plain numbers. */
export class TopicTally {
  fetched = 0
  delivered = 0
  consumed = 0
  filtered = 0
  refused = 0
  timedOut = 0
}

interface TalliedTopic {
  readonly group: string
  readonly topic: string
  readonly tally: TopicTally
}

export class ConsumerProxyMetrics {
  readonly requests
  readonly deadLetters
  readonly deadLetterErrors
  readonly positionResets
  readonly errors
  readonly #tallies = new Map<string, TalliedTopic>()

  constructor(registry: MetricsRegistry) {
    const registers = [registry]
    this.requests = new Counter({
      name: 'ddmq_consumer_proxy_requests_total',
      help: 'Thrift calls by method and result.',
      labelNames: ['method', 'result'] as const,
      registers,
    })
    this.deadLetters = new Counter({
      name: 'ddmq_consumer_proxy_dead_letters_total',
      help: 'Messages stored in the dead-letter topic of their group.',
      labelNames: ['group', 'topic', 'reason'] as const,
      registers,
    })
    this.deadLetterErrors = new Counter({
      name: 'ddmq_consumer_proxy_dead_letter_errors_total',
      help: 'Attempts to store a dead letter that failed.',
      labelNames: TOPIC,
      registers,
    })
    this.positionResets = new Counter({
      name: 'ddmq_consumer_proxy_position_resets_total',
      help: 'Partitions whose position was not in the log any more.',
      labelNames: TOPIC,
      registers,
    })
    this.errors = new Counter({
      name: 'ddmq_consumer_proxy_errors_total',
      help: 'Failures of the proxy itself: config, join, fetch, commit, stats.',
      labelNames: ['kind'] as const,
      registers,
    })
    this.#tallied(registry, 'fetched', 'Messages read from the log and started.')
    this.#tallied(registry, 'delivered', 'Messages handed to pull clients, redeliveries included.')
    this.#tallied(registry, 'consumed', 'Messages confirmed by their consumer.')
    this.#tallied(registry, 'filtered', 'Messages passed over because they are not for the group.')
    this.#tallied(registry, 'refused', 'Messages a pull client reported as failed and that come again.')
    this.#tallied(
      registry,
      'timedOut',
      'Deliveries to pull clients that were not confirmed in time and come again.',
    )
  }

  /** The tally to count on; the same one for the same group and topic. */
  tally(group: string, topic: string): TopicTally {
    const key = JSON.stringify([group, topic])
    let tallied = this.#tallies.get(key)
    if (tallied === undefined) this.#tallies.set(key, (tallied = { group, topic, tally: new TopicTally() }))
    return tallied.tally
  }

  #tallied(registry: MetricsRegistry, what: keyof TopicTally, help: string): void {
    const noun = what.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    const tallies = this.#tallies
    new Counter({
      name: `ddmq_consumer_proxy_${noun}_messages_total`,
      help,
      labelNames: TOPIC,
      registers: [registry],
      collect() {
        for (const { group, topic, tally } of tallies.values()) {
          this.inc({ group, topic }, tally[what])
          tally[what] = 0
        }
      },
    })
  }
}

export function registerGauges(registry: MetricsRegistry, sources: GaugeSources): void {
  const registers = [registry]
  new Gauge({
    name: 'ddmq_consumer_proxy_lag_messages',
    help: 'End of the log at the last read minus the position safe to commit.',
    labelNames: ['group', 'topic', 'qid'] as const,
    registers,
    collect() {
      this.reset()
      for (const { group, topic, qid, count } of sources.lags()) this.set({ group, topic, qid }, count)
    },
  })
  new Gauge({
    name: 'ddmq_consumer_proxy_inflight_messages',
    help: 'Messages started and not finished.',
    labelNames: TOPIC,
    registers,
    collect() {
      this.reset()
      for (const { group, topic, count } of sources.inFlight()) this.set({ group, topic }, count)
    },
  })
  new Gauge({
    name: 'ddmq_consumer_proxy_parked_pulls',
    help: 'Pull calls waiting for a message.',
    labelNames: ['group'] as const,
    registers,
    collect() {
      this.reset()
      for (const { group, count } of sources.parked()) this.set({ group }, count)
    },
  })
  new Gauge({
    name: 'ddmq_consumer_proxy_refused_subscriptions',
    help: 'Enabled subscriptions of this proxy that it cannot run.',
    registers,
    collect() {
      this.set(sources.refusedSubscriptions())
    },
  })
}
