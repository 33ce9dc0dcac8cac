/** Hot path: once per message that is sent by itself. */
import type { Clock } from '@ddmq/common/clock'
import { type Outcome, outcomeOf, type ResultName } from '../core/result-code.ts'
import type { ProducerProxyMetrics } from '../metrics.ts'
import type { ActiveTopic } from './active-topic.ts'
import type { Failures } from './failures.ts'
import type { LimiterHolds } from './limiter-holds.ts'
import type { TopicTable } from './topic-table.ts'

/** Longer timeouts are cut to this: nobody waits so long, and timers do not reach further. */
const LONGEST_WAIT_MS = 3_600_000

export interface LimitedSendsDeps {
  readonly table: TopicTable
  readonly holds: LimiterHolds
  readonly failures: Failures
  readonly metrics: ProducerProxyMetrics
  readonly clock: Clock
  readonly engineWaitMs: number
}

/** One accepted message. */
export interface LimitedSend {
  /** As the caller gave it; 0 or less: the configured wait decides. */
  readonly timeoutMs: number
  /** When the caller's time is over (monotonic). */
  readonly dueMs: number
}

/** Stores one message. What it throws becomes the result. */
export type Append<Send> = (topic: ActiveTopic, send: Send, isHeld: boolean) => Outcome | Promise<Outcome>

/**
 * What every send of one message goes through once it is checked (producer-proxy.md §7.1): the limits with their hold, the
 * append, the result of what that throws. Each message is counted once on its topic.
 */
export class LimitedSends<Send extends LimitedSend> {
  readonly #deps: LimitedSendsDeps
  readonly #append: Append<Send>

  constructor(deps: LimitedSendsDeps, append: Append<Send>) {
    this.#deps = deps
    this.#append = append
  }

  /** `timeoutMs` of 0 or less: the configured wait decides. */
  dueMs(timeoutMs: number): number {
    const { clock, engineWaitMs } = this.#deps
    return clock.monotonicMs() + (timeoutMs > 0 ? Math.min(timeoutMs, LONGEST_WAIT_MS) : engineWaitMs)
  }

  send(topic: ActiveTopic, send: Send): Outcome | Promise<Outcome> {
    if (this.#admit(topic)) return this.#publish(topic, send, false)
    return this.#deps.holds.hold({
      intervalMs: topic.route.limiterRetryIntervalMs,
      timeoutMs: send.timeoutMs,
      dueMs: send.dueMs,
      again: () => this.#sendHeld(topic.route.topic, send),
      ended: outcome => this.refuse(topic, outcome),
    })
  }

  /** A connection was replaced while its partitions were asked for: nothing was sent yet. */
  appendAnew(topic: ActiveTopic, send: Send, isHeld: boolean): Outcome | Promise<Outcome> {
    const current = this.#deps.table.get(topic.route.topic)
    return current === undefined ? outcomeOf('FAIL_TOPIC_NOT_ALLOWED') : this.#append(current, send, isHeld)
  }

  /** Counts what is not sent. */
  refuse(topic: ActiveTopic | undefined, outcome: Outcome): Outcome {
    this.#deps.metrics.refused(topic?.tally, outcome.name)
    return outcome
  }

  refuseAs(topic: ActiveTopic | undefined, result: ResultName, reason?: string): Outcome {
    return this.refuse(topic, outcomeOf(result, reason))
  }

  #admit(topic: ActiveTopic): boolean {
    const { table } = this.#deps
    return table.admitTopic(topic, 1) && table.admitNode(topic, 1)
  }

  /** The second attempt, on the configuration that is in force by then. */
  #sendHeld(name: string, send: Send): Outcome | Promise<Outcome> {
    const topic = this.#deps.table.get(name)
    if (topic === undefined) return this.refuseAs(topic, 'FAIL_TOPIC_NOT_ALLOWED')
    if (!this.#admit(topic)) return this.refuseAs(topic, 'FAIL_REFUSED_BY_RATE_LIMITER')
    return this.#publish(topic, send, true)
  }

  async #publish(topic: ActiveTopic, send: Send, isHeld: boolean): Promise<Outcome> {
    let outcome: Outcome
    try {
      outcome = await this.#append(topic, send, isHeld)
    } catch (thrown) {
      outcome = this.#deps.failures.outcomeOf(thrown, topic, send.dueMs)
    }
    topic.tally.results[outcome.name]++
    return outcome
  }
}
