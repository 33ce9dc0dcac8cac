import type { ConsumedMessage } from '@ddmq/common/idl'
import { Latency, type LatencySummary } from '../load/latency.ts'
import { decodeDelayedBody } from './delayed-body.ts'

/** What was pulled of one run's messages. */
export interface ArrivalsReport {
  readonly delivered: number
  /** From the first arrival to the last one. */
  readonly deliveredPerSecond: number
  /** From the due time to the arrival at the consumer, of those that were not early. */
  readonly lateness: LatencySummary
  /** Arrived before they were due, by this machine's clock. */
  readonly early: number
  readonly duplicates: number
}

/** Takes in what is pulled, of one run; messages of others are passed over. */
export class Arrivals {
  readonly #run: string
  readonly #numbers = new Set<number>()
  readonly #lateness = new Latency()
  #early = 0
  #duplicates = 0
  #firstMs = 0
  #lastMs = 0

  constructor(run: string) {
    this.#run = run
  }

  get delivered(): number {
    return this.#numbers.size
  }

  /** When the last one came; 0 before the first. */
  get lastMs(): number {
    return this.#lastMs
  }

  has(number: number): boolean {
    return this.#numbers.has(number)
  }

  take(messages: readonly ConsumedMessage[], nowMs: number): void {
    for (const { value } of messages) {
      const body = decodeDelayedBody(value)
      if (body?.run !== this.#run) continue
      if (this.#numbers.has(body.number)) this.#duplicates++
      this.#numbers.add(body.number)
      if (nowMs < body.dueMs) this.#early++
      else this.#lateness.record(nowMs - body.dueMs)
      this.#firstMs = this.#firstMs === 0 ? nowMs : this.#firstMs
      this.#lastMs = nowMs
    }
  }

  report(): ArrivalsReport {
    const seconds = Math.max(1, this.#lastMs - this.#firstMs) / 1000
    return {
      delivered: this.delivered,
      deliveredPerSecond: this.delivered / seconds,
      lateness: this.#lateness.summary(),
      early: this.#early,
      duplicates: this.#duplicates,
    }
  }
}
