import {
  Counter,
  Gauge,
  type HistogramTally,
  type MetricsRegistry,
  TallyHistogram,
} from '@ddmq/common/metrics'

const METHODS = ['pull', 'submit', 'getConsumeStats', 'fetch', 'ack'] as const
type Method = (typeof METHODS)[number]
export type MethodMeters = Readonly<Record<Method, MethodMeter>>

/** Calls of one Thrift method. Hot: plain numbers, moved to the registry when it is scraped. */
class MethodMeter {
  /** Answered since the last scrape. */
  readonly answered = { ok: 0, error: 0 }
  inFlight = 0
  readonly #seconds: HistogramTally

  constructor(seconds: HistogramTally) {
    this.#seconds = seconds
  }

  finished(result: 'ok' | 'error', durationMs: number): void {
    this.inFlight -= 1
    this.answered[result] += 1
    this.#seconds.observe(durationMs / 1000)
  }
}

export function methodMeters(registry: MetricsRegistry): MethodMeters {
  const seconds = new TallyHistogram({
    name: 'ddmq_consumer_proxy_request_duration_seconds',
    help: 'Time from a decoded call to its answer. Of pull it holds the wait for messages.',
    labelNames: ['method'] as const,
    buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
    registers: [registry],
  })
  const meter = (method: Method): MethodMeter => new MethodMeter(seconds.tally({ method }))
  const meters: MethodMeters = {
    pull: meter('pull'),
    submit: meter('submit'),
    getConsumeStats: meter('getConsumeStats'),
    fetch: meter('fetch'),
    ack: meter('ack'),
  }
  registry.registerMetric(
    new Counter({
      name: 'ddmq_consumer_proxy_requests_total',
      help: 'Thrift calls by method and result.',
      labelNames: ['method', 'result'] as const,
      registers: [],
      collect() {
        for (const method of METHODS) {
          const { answered } = meters[method]
          this.inc({ method, result: 'ok' }, answered.ok)
          this.inc({ method, result: 'error' }, answered.error)
          answered.ok = 0
          answered.error = 0
        }
      },
    }),
  )
  registry.registerMetric(
    new Gauge({
      name: 'ddmq_consumer_proxy_inflight_requests',
      help: 'Calls under way, parked pulls included.',
      labelNames: ['method'] as const,
      registers: [],
      collect() {
        for (const method of METHODS) this.set({ method }, meters[method].inFlight)
      },
    }),
  )
  return meters
}
