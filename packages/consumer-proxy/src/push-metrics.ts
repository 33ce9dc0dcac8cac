import { Counter, Histogram, type MetricsRegistry } from '@ddmq/common/metrics'
import type { PushMeter, PushObserver } from './core/push/push-observer.ts'
import type { Verdict } from './core/push/push-response.ts'
import type { Subscription } from './core/subscription.ts'

/** Attempts of one topic. Hot: their counts are plain numbers, moved to the registry when it is scraped; durations go there at once. */
class TopicAttempts implements PushMeter {
  /** Since the last scrape. */
  readonly counts = new Map<Verdict, number>()
  readonly #seconds: { observe(seconds: number): void }

  constructor(seconds: { observe(seconds: number): void }) {
    this.#seconds = seconds
  }

  attempted(verdict: Verdict, ms: number): void {
    this.counts.set(verdict, (this.counts.get(verdict) ?? 0) + 1)
    this.#seconds.observe(ms / 1000)
  }
}

/** Metrics of HTTP push, for all groups. */
export class PushMetrics implements PushObserver {
  /** By group and topic. */
  readonly #attempts = new Map<string, Map<string, TopicAttempts>>()
  readonly #duration

  constructor(registry: MetricsRegistry) {
    const attempts = this.#attempts
    registry.registerMetric(
      new Counter({
        name: 'ddmq_consumer_proxy_push_attempts_total',
        help: 'HTTP requests to receivers by what their answer means.',
        labelNames: ['group', 'topic', 'result'] as const,
        registers: [],
        collect() {
          for (const [group, byTopic] of attempts) {
            for (const [topic, { counts }] of byTopic) {
              for (const [result, count] of counts) this.inc({ group, topic, result }, count)
              counts.clear()
            }
          }
        },
      }),
    )
    this.#duration = new Histogram({
      name: 'ddmq_consumer_proxy_push_duration_seconds',
      help: 'Time of one HTTP request to a receiver, answered or not.',
      labelNames: ['group', 'topic'] as const,
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers: [registry],
    })
  }

  meterOf({ group, topic }: Subscription): PushMeter {
    let byTopic = this.#attempts.get(group)
    if (byTopic === undefined) this.#attempts.set(group, (byTopic = new Map()))
    let meter = byTopic.get(topic)
    if (meter === undefined) {
      meter = new TopicAttempts(this.#duration.labels({ group, topic }))
      byTopic.set(topic, meter)
    }
    return meter
  }
}
