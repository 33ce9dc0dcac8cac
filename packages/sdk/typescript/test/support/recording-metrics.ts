import type { MetricLabels, Metrics } from '../../src/index.ts'

/** Adds up counters; keeps the last value of gauges and the number of observations. */
export class RecordingMetrics implements Metrics {
  readonly #values = new Map<string, number>()

  count(name: string, labels: MetricLabels, by: number): void {
    const series = seriesOf(name, labels)
    this.#values.set(series, (this.#values.get(series) ?? 0) + by)
  }

  set(name: string, labels: MetricLabels, value: number): void {
    this.#values.set(seriesOf(name, labels), value)
  }

  observe(name: string, labels: MetricLabels): void {
    this.count(name, labels, 1)
  }

  /** Sum over all series of the name that have these labels. */
  sum(name: string, labels: MetricLabels = {}): number {
    let sum = 0
    for (const [series, value] of this.#values) {
      const [seriesName, seriesLabels]: [string, MetricLabels] = JSON.parse(series)
      if (
        seriesName === name &&
        Object.entries(labels).every(([label, wanted]) => seriesLabels[label] === wanted)
      )
        sum += value
    }
    return sum
  }
}

function seriesOf(name: string, labels: MetricLabels): string {
  return JSON.stringify([name, labels])
}
