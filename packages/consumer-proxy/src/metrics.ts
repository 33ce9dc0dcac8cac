import { Counter, Gauge, type MetricsRegistry } from '@ddmq/common/metrics'
import { type MethodMeters, methodMeters } from './method-meters.ts'

const TOPIC = ['group', 'topic'] as const

/** One value of a gauge, with those labels that apply to it. */
export interface Sample {
  readonly group: string
  readonly topic?: string
  readonly qid?: string
  readonly count: number
}

/** Where the gauges look at the moment they are scraped. */
export interface GaugeSources {
  readonly lags: () => Iterable<Sample>
  readonly inFlight: () => Iterable<Sample>
  readonly parked: () => Iterable<Sample>
  readonly pausedEndpoints: () => Iterable<Sample>
  readonly refusedSubscriptions: () => Iterable<Sample>
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

export class ConsumerProxyMetrics {
  readonly methods: MethodMeters
  readonly deadLetters
  readonly deadLetterErrors
  readonly positionResets
  readonly errors
  /** By group and topic. */
  readonly #tallies = new Map<string, Map<string, TopicTally>>()

  constructor(registry: MetricsRegistry) {
    const registers = [registry]
    this.methods = methodMeters(registry)
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
    let byTopic = this.#tallies.get(group)
    if (byTopic === undefined) this.#tallies.set(group, (byTopic = new Map()))
    let tally = byTopic.get(topic)
    if (tally === undefined) byTopic.set(topic, (tally = new TopicTally()))
    return tally
  }

  #tallied(registry: MetricsRegistry, what: keyof TopicTally, help: string): void {
    const noun = what.replaceAll(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
    const tallies = this.#tallies
    const counter = new Counter({
      name: `ddmq_consumer_proxy_${noun}_messages_total`,
      help,
      labelNames: TOPIC,
      registers: [],
      collect() {
        for (const [group, byTopic] of tallies) {
          for (const [topic, tally] of byTopic) {
            this.inc({ group, topic }, tally[what])
            tally[what] = 0
          }
        }
      },
    })
    registry.registerMetric(counter)
  }
}

/** Registers the gauges, which look at their sources when they are scraped. */
export function registerGauges(registry: MetricsRegistry, sources: GaugeSources): void {
  registry.registerMetric(
    sampled(
      'lag_messages',
      'End of the log at the last read minus the position safe to commit.',
      sources.lags,
    ),
  )
  registry.registerMetric(
    sampled('inflight_messages', 'Messages started and not finished.', sources.inFlight),
  )
  registry.registerMetric(sampled('parked_pulls', 'Pull calls waiting for a message.', sources.parked))
  registry.registerMetric(
    sampled(
      'paused_endpoints',
      'Origins that get no request, or one to try them, because they do not respond.',
      sources.pausedEndpoints,
    ),
  )
  registry.registerMetric(
    sampled(
      'refused_subscriptions',
      'Enabled subscriptions of this proxy that it cannot run.',
      sources.refusedSubscriptions,
    ),
  )
}

function sampled(noun: string, help: string, sample: () => Iterable<Sample>): Gauge {
  return new Gauge({
    name: `ddmq_consumer_proxy_${noun}`,
    help,
    labelNames: ['group', 'topic', 'qid'],
    registers: [],
    collect() {
      this.reset()
      for (const { count, ...labels } of sample()) this.inc(labels, count)
    },
  })
}
