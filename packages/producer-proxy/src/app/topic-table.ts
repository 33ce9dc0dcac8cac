import type { Clock } from '@ddmq/common/clock'
import type { PProxyConfig, TopicConfig } from '@ddmq/common/registry'
import { takeFrom } from '../core/limiter.ts'
import { type Rate, TwoRateLimiter } from '../core/rate-limit.ts'
import { DEFAULT_MAX_BODY_BYTES, routeOf } from '../core/topic-route.ts'
import type { ProducerProxyMetrics } from '../metrics.ts'
import type { ActiveTopic } from './active-topic.ts'
import type { Targets } from './targets.ts'

export interface TopicTableOptions {
  readonly instance: string
  readonly targets: Pick<Targets, 'get'>
  readonly clock: Clock
  readonly metrics: ProducerProxyMetrics
}

/**
 * The configuration in force: the own document and the topics this proxy serves. Every change builds what follows from it
 * first and then swaps it in within one turn, so that a request sees the old or the new state, never a mixture.
 */
export class TopicTable {
  readonly #options: TopicTableOptions
  readonly #documents = new Map<string, TopicConfig>()
  readonly #nodeLimiter: TwoRateLimiter
  #active = new Map<string, ActiveTopic>()
  #proxy: PProxyConfig | undefined

  constructor(options: TopicTableOptions) {
    this.#options = options
    this.#nodeLimiter = new TwoRateLimiter({ perSecond: 0, warningRatio: 1 }, options.clock)
  }

  get(topic: string | undefined): ActiveTopic | undefined {
    return topic === undefined ? undefined : this.#active.get(topic)
  }

  get innerTopicPrefix(): string {
    return this.#proxy?.carreraConfiguration.delay?.chronosInnerTopicPrefix ?? ''
  }

  /** How many requests may be held by the limiter at a time. */
  get holdQueueSize(): number {
    return this.#proxy?.carreraConfiguration.limiterFailureRetryQueueSize ?? 0
  }

  maxBodyBytes(topic: ActiveTopic | undefined): number {
    return topic?.route.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES
  }

  /** Charges the topic with `count` messages; false: refused. */
  admitTopic(topic: ActiveTopic, count: number): boolean {
    if (!this.#isLimiting()) return true
    return takeFrom(topic.limiter, 'topic', count, topic.tally)
  }

  /** Charges this node, after every topic of the request; `topic` is the one to count a refusal on. */
  admitNode(topic: ActiveTopic, count: number): boolean {
    if (!this.#isLimiting()) return true
    return takeFrom(this.#nodeLimiter, 'node', count, topic.tally)
  }

  /** The topics served now. */
  get active(): Iterable<ActiveTopic> {
    return this.#active.values()
  }

  /** Puts an own document in force; topics it does not list are forgotten. */
  applyProxy(proxy: PProxyConfig): void {
    const listed = new Set(proxy.topics)
    for (const topic of this.#documents.keys()) if (!listed.has(topic)) this.#documents.delete(topic)
    const active = this.#activateAll(proxy)
    this.#proxy = proxy
    this.#active = active
    const { maxTps, tpsWarningRatio } = proxy.carreraConfiguration
    this.#nodeLimiter.setRate({ perSecond: maxTps, warningRatio: tpsWarningRatio })
  }

  /** The targets changed: every topic has the new ones from now on. */
  retarget(): void {
    if (this.#proxy !== undefined) this.#active = this.#activateAll(this.#proxy)
  }

  /** Puts a topic's document in force; without a unit for this instance the topic leaves the table (→ 13). */
  applyTopic(name: string, document: TopicConfig): void {
    const proxy = this.#proxy
    if (proxy === undefined || !proxy.topics.includes(name)) return
    const topic = this.#activate(document, proxy)
    this.#documents.set(name, document)
    if (topic === undefined) this.#active.delete(name)
    else this.#active.set(name, topic)
  }

  #isLimiting(): boolean {
    return this.#proxy?.carreraConfiguration.useRequestLimiter === true
  }

  #activateAll(proxy: PProxyConfig): Map<string, ActiveTopic> {
    const active = new Map<string, ActiveTopic>()
    for (const [name, document] of this.#documents) {
      const topic = this.#activate(document, proxy)
      if (topic !== undefined) active.set(name, topic)
    }
    return active
  }

  #activate(document: TopicConfig, proxy: PProxyConfig): ActiveTopic | undefined {
    const route = routeOf(document, this.#options.instance, proxy)
    if (route === undefined) return undefined
    const { tpsWarningRatio } = proxy.carreraConfiguration
    return {
      route,
      targets: route.clusters.map(name => this.#options.targets.get(name)),
      limiter: this.#limiter(route.topic, { perSecond: route.maxTps, warningRatio: tpsWarningRatio }),
      tally: this.#options.metrics.tally(route.topic),
    }
  }

  #limiter(topic: string, rate: Rate): TwoRateLimiter {
    const current = this.#active.get(topic)?.limiter
    if (current === undefined) return new TwoRateLimiter(rate, this.#options.clock)
    current.setRate(rate)
    return current
  }
}
