/** Hot path: counts are plain numbers, moved to the registry when it is scraped. */
import {
  Counter,
  Gauge,
  type HistogramTally,
  type MetricsRegistry,
  TallyHistogram,
} from '@ddmq/common/metrics'
import type { LimitedBy } from './core/limiter.ts'
import type { ResultName } from './core/result-code.ts'

export type Method = 'sendSync' | 'sendAsync' | 'sendBatchSync' | 'sendDelaySync'
export type DropReason = 'TOPIC_NOT_EXIST' | 'MESSAGE_TOO_LARGE'

/** Topics this proxy does not serve share one series, so that callers cannot make series. */
const UNSERVED = 'unserved'
const OTHER = 'other'

type Counts<Name extends string> = Record<Name, number>

/** Requests of one method since the last scrape. */
export class MethodMeter {
  readonly counts: Counts<ResultName> = zeroResults()
  inFlight = 0
  readonly #seconds: HistogramTally

  constructor(seconds: HistogramTally) {
    this.#seconds = seconds
  }

  finished(result: ResultName, durationMs: number): void {
    this.inFlight--
    this.counts[result]++
    this.#seconds.observe(durationMs / 1_000)
  }
}

/** Messages of one topic since the last scrape. */
export class TopicTally {
  readonly results: Counts<ResultName> = zeroResults()
  readonly drops: Counts<DropReason> = { TOPIC_NOT_EXIST: 0, MESSAGE_TOO_LARGE: 0 }
  /** Requests that used a reserve, and requests that were refused, each by the limit that was at its end. */
  readonly warned: Counts<LimitedBy> = { topic: 0, node: 0 }
  readonly refused: Counts<LimitedBy> = { topic: 0, node: 0 }
  /** Messages that were sent a second time, elsewhere. */
  secondAttempts = 0
}

export class ProducerProxyMetrics {
  readonly methods: Readonly<Record<Method, MethodMeter>>
  readonly #tallies = new Map<string, TopicTally>()
  readonly #maxTopicSeries: number

  constructor(registry: MetricsRegistry, maxTopicSeries: number, heldRequests: () => number) {
    this.#maxTopicSeries = maxTopicSeries
    const seconds = new TallyHistogram({
      name: 'ddmq_producer_proxy_request_duration_seconds',
      help: 'Time from the decoded request to its result.',
      labelNames: ['method'] as const,
      buckets: [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers: [registry],
    })
    this.methods = {
      sendSync: new MethodMeter(seconds.tally({ method: 'sendSync' })),
      sendAsync: new MethodMeter(seconds.tally({ method: 'sendAsync' })),
      sendBatchSync: new MethodMeter(seconds.tally({ method: 'sendBatchSync' })),
      sendDelaySync: new MethodMeter(seconds.tally({ method: 'sendDelaySync' })),
    }
    registerMethods(registry, this.methods)
    registerTopics(registry, this.#tallies)
    registerSecondAttempts(registry, this.#tallies)
    registry.registerMetric(
      new Gauge({
        name: 'ddmq_producer_proxy_held_requests',
        help: 'Requests refused by the limiter that wait for their second attempt.',
        registers: [],
        collect() {
          this.set(heldRequests())
        },
      }),
    )
  }

  /** The tally to count on; the same one for the same topic. */
  tally(topic: string): TopicTally {
    const known = this.#tallies.get(topic)
    if (known !== undefined) return known
    const reserved = topic === UNSERVED || topic === OTHER
    if (!reserved && this.#tallies.size >= this.#maxTopicSeries) return this.tally(OTHER)
    const tally = new TopicTally()
    this.#tallies.set(topic, tally)
    return tally
  }

  /** Counts a message that is not sent, on its topic's tally if the topic is served here. */
  refused(tally: TopicTally | undefined, result: ResultName): void {
    const own = tally ?? this.tally(UNSERVED)
    own.results[result]++
  }
}

function registerMethods(registry: MetricsRegistry, methods: Readonly<Record<Method, MethodMeter>>): void {
  registry.registerMetric(
    new Counter({
      name: 'ddmq_producer_proxy_requests_total',
      help: 'Requests answered, by method and result.',
      labelNames: ['method', 'result'] as const,
      registers: [],
      collect() {
        for (const [method, { counts }] of Object.entries(methods)) {
          drain(counts, (result, count) => this.inc({ method, result }, count))
        }
      },
    }),
  )
  registry.registerMetric(
    new Gauge({
      name: 'ddmq_producer_proxy_inflight_requests',
      help: 'Requests received and not yet answered.',
      labelNames: ['method'] as const,
      registers: [],
      collect() {
        for (const [method, meter] of Object.entries(methods)) this.set({ method }, meter.inFlight)
      },
    }),
  )
}

function registerTopics(registry: MetricsRegistry, tallies: ReadonlyMap<string, TopicTally>): void {
  registry.registerMetric(
    new Counter({
      name: 'ddmq_producer_proxy_messages_total',
      help: 'Messages answered, by topic and result; topics not served here count as unserved.',
      labelNames: ['topic', 'result'] as const,
      registers: [],
      collect() {
        for (const [topic, { results }] of tallies) {
          drain(results, (result, count) => this.inc({ topic, result }, count))
        }
      },
    }),
  )
  registry.registerMetric(
    new Counter({
      name: 'ddmq_producer_proxy_dropped_messages_total',
      help: 'Messages the storage refused for good, by topic and reason.',
      labelNames: ['topic', 'reason'] as const,
      registers: [],
      collect() {
        for (const [topic, { drops }] of tallies) {
          drain(drops, (reason, count) => this.inc({ topic, reason }, count))
        }
      },
    }),
  )
  registry.registerMetric(
    new Counter({
      name: 'ddmq_producer_proxy_limited_messages_total',
      help: 'Messages that used the reserve of a limit (warned) or found it empty (refused), by limit: topic or node.',
      labelNames: ['topic', 'limit', 'outcome'] as const,
      registers: [],
      collect() {
        for (const [topic, { warned, refused }] of tallies) {
          drain(warned, (limit, count) => this.inc({ topic, limit, outcome: 'warned' }, count))
          drain(refused, (limit, count) => this.inc({ topic, limit, outcome: 'refused' }, count))
        }
      },
    }),
  )
}

function registerSecondAttempts(registry: MetricsRegistry, tallies: ReadonlyMap<string, TopicTally>): void {
  registry.registerMetric(
    new Counter({
      name: 'ddmq_producer_proxy_second_attempts_total',
      help: 'Messages sent a second time, to another cluster or leader, because the first was not acknowledged in time.',
      labelNames: ['topic'] as const,
      registers: [],
      collect() {
        for (const [topic, tally] of tallies) {
          this.inc({ topic }, tally.secondAttempts)
          tally.secondAttempts = 0
        }
      },
    }),
  )
}

/** Gives every count that is not 0, and starts it anew. */
function drain<Name extends string>(counts: Counts<Name>, each: (name: Name, count: number) => void): void {
  for (const name in counts) {
    const count = counts[name]
    if (count === 0) continue
    counts[name] = 0
    each(name, count)
  }
}

function zeroResults(): Counts<ResultName> {
  return {
    OK: 0,
    FAIL_UNKNOWN: 0,
    FAIL_ILLEGAL_MSG: 0,
    FAIL_TIMEOUT: 0,
    FAIL_TOPIC_NOT_ALLOWED: 0,
    FAIL_TOPIC_NOT_EXIST: 0,
    FAIL_REFUSED_BY_RATE_LIMITER: 0,
    FAIL_TOPIC_IS_NOT_DELAY: 0,
    FAIL_TOPIC_IS_DELAY: 0,
    FAIL_SERVER_SHUTDOWN: 0,
    FAIL_NO_PRODUCER_FOR_CLUSTER: 0,
    FAIL_ILLEGAL_UNIQ_DELAY_MSG_ID: 0,
    FAIL_ILLEGAL_DELAY_MSG_TYPE: 0,
    FAIL_ILLEGAL_DELAY_ACTION: 0,
    FAIL_ILLEGAL_DELAY_TIMESTAMP: 0,
    FAIL_ILLEGAL_DELAY_INNER_TOPIC_SEQ: 0,
    FAIL_ILLEGAL_DELAY_LOOP_TIMES: 0,
    FAIL_ILLEGAL_DELAY_LOOP_EXPIRE: 0,
    FAIL_ILLEGAL_DELAY_LOOP_INTERVAL: 0,
    FAIL_ILLEGAL_DELAY_LOOP_EXPONENT_BASE: 0,
  }
}
