import { Histogram, type HistogramConfiguration } from 'prom-client'

/** The observations of one series. Hot path: an observation adds plain numbers; the series is made when it is scraped. */
export class HistogramTally {
  readonly labels: Readonly<Record<string, string>>
  /** Observations in each bucket alone; the last one has no bound. */
  readonly counts: number[]
  sum = 0
  readonly #bounds: readonly number[]

  constructor(labels: Readonly<Record<string, string>>, bounds: readonly number[]) {
    this.labels = labels
    this.counts = [...bounds.map(() => 0), 0]
    this.#bounds = bounds
  }

  /** Of a finite number: the sum would stay wrong for ever after. */
  observe(value: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1
    this.sum += value
  }

  reset(): void {
    this.counts.fill(0)
    this.sum = 0
  }
}

interface HistogramValue {
  readonly metricName: string
  readonly labels: { readonly le?: string | number }
  /** Of the whole series. */
  readonly sharedLabels: Readonly<Record<string, string>>
  readonly value: number
}

type Options<Label extends string> = Pick<HistogramConfiguration<Label>, 'name' | 'help' | 'registers'> & {
  readonly labelNames: readonly Label[]
  /** Upper bounds, ascending. */
  readonly buckets: readonly number[]
}

/**
 * A histogram whose series are made before they are observed. The library's own looks its series up by the text of their
 * labels, and its bucket by the text of its bound, with every observation. Its own methods that observe (`observe`, `startTimer`,
 * `labels`, `zero`, `remove`) are not for use: only tallies are shown.
 */
export class TallyHistogram<Label extends string> extends Histogram<Label> {
  readonly #options: Options<Label>
  readonly #tallies = new Map<string, HistogramTally>()

  constructor(options: Options<Label>) {
    super({ ...options, buckets: [...options.buckets] })
    this.#options = options
  }

  /** The one series of these labels, to be kept by who observes. Like the library's it is shown from its first observation on. */
  tally(labels: Readonly<Record<Label, string>>): HistogramTally {
    const { labelNames, buckets } = this.#options
    const key = JSON.stringify(labelNames.map(name => labels[name]))
    let tally = this.#tallies.get(key)
    if (tally === undefined) this.#tallies.set(key, (tally = new HistogramTally(labels, buckets)))
    return tally
  }

  /** Back to no observation; the tallies that were given stay in use. */
  override reset(): void {
    // The constructor of the library calls it too, before there are tallies.
    super.reset()
    if (!(#tallies in this)) return
    for (const tally of this.#tallies.values()) tally.reset()
  }

  /** What the registry asks a histogram for; `get` of the library asks it too. */
  async getForPromString(): Promise<object> {
    const { name, help } = this.#options
    const values = Array.from(this.#tallies.values(), tally => valuesOf(tally, this.#options)).flat()
    return { name, help, type: 'histogram', values, aggregator: 'sum' }
  }
}

function valuesOf(
  { labels: sharedLabels, counts, sum }: HistogramTally,
  { name, buckets }: { readonly name: string; readonly buckets: readonly number[] },
): readonly HistogramValue[] {
  let count = 0
  const values = [...buckets, '+Inf'].map((le, index) => {
    count += counts[index] ?? 0
    return { metricName: `${name}_bucket`, labels: { le }, sharedLabels, value: count }
  })
  if (count === 0) return []
  return [
    ...values,
    { metricName: `${name}_sum`, labels: {}, sharedLabels, value: sum },
    { metricName: `${name}_count`, labels: {}, sharedLabels, value: count },
  ]
}
