import { Latency, type LatencySummary } from '../load/latency.ts'
import { decodeDelayedBody } from './delayed-body.ts'

/** What arrived of one run's messages. */
export interface ArrivalsReport {
  readonly delivered: number
  /** From the first due time to the last arrival. */
  readonly deliveredPerSecond: number
  /** From the due time to the arrival at the consumer, of those that were not early. */
  readonly lateness: LatencySummary
  /** Arrived before they were due, by this machine's clock. */
  readonly early: number
  readonly duplicates: number
}

/** What was pulled, or read from the log. */
interface Arrived {
  readonly value: Uint8Array | null | undefined
}

/** Takes in what arrives, of one run; messages of others are passed over. */
export class Arrivals {
  readonly #run: string
  readonly #numbers = new Set<number>()
  readonly #lateness = new Latency()
  #early = 0
  #duplicates = 0
  #firstDueMs = Number.POSITIVE_INFINITY
  #lastMs = 0

  constructor(run: string) {
    this.#run = run
  }

  get delivered(): number {
    return this.#numbers.size
  }

  /** Wall clock when the last one came; 0 before the first. */
  get lastMs(): number {
    return this.#lastMs
  }

  has(number: number): boolean {
    return this.#numbers.has(number)
  }

  take(messages: readonly Arrived[], nowMs: number): void {
    for (const { value } of messages) {
      const body = decodeDelayedBody(value ?? undefined)
      if (body?.run !== this.#run) continue
      if (this.#numbers.has(body.number)) this.#duplicates++
      this.#numbers.add(body.number)
      if (nowMs < body.dueMs) this.#early++
      else this.#lateness.record(nowMs - body.dueMs)
      this.#firstDueMs = Math.min(this.#firstDueMs, body.dueMs)
      this.#lastMs = nowMs
    }
  }

  /** Throws unless so many arrived, each once and none early; `note` is added to what it says. */
  check(count: number, note = ''): ArrivalsReport {
    const report = this.report()
    const { delivered, early, duplicates } = report
    if (delivered !== count || early > 0 || duplicates > 0)
      throw new Error(
        `of ${count} messages ${delivered} arrived, ${early} early, ${duplicates} twice\n${note}`,
      )
    return report
  }

  report(): ArrivalsReport {
    const seconds = Math.max(1, this.#lastMs - this.#firstDueMs) / 1000
    return {
      delivered: this.delivered,
      deliveredPerSecond: this.delivered / seconds,
      lateness: this.#lateness.summary(),
      early: this.#early,
      duplicates: this.#duplicates,
    }
  }
}
