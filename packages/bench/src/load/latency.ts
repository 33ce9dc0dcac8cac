import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** Percentiles of call durations, in milliseconds. */
export interface LatencySummary {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
  readonly maxMs: number
}

/** Durations of calls, kept as counts per microsecond bucket. */
export class Latency {
  readonly #histogram: RecordableHistogram = createHistogram()

  record(durationMs: number): void {
    this.#histogram.record(Math.max(1, Math.round(durationMs * 1000)))
  }

  summary(): LatencySummary {
    const at = (percentile: number): number => this.#histogram.percentile(percentile) / 1000
    return { p50Ms: at(50), p99Ms: at(99), p999Ms: at(99.9), maxMs: at(100) }
  }
}
