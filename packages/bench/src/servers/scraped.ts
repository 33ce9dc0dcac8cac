/** What a process says of itself. */
export interface Health {
  readonly rssMiB: number
  /** Since it was last asked. */
  readonly eventLoopP99Ms: number
}

/** What a process says of itself at one moment, on its admin port. */
export class Scraped {
  readonly #lines: readonly string[]

  private constructor(lines: readonly string[]) {
    this.#lines = lines
  }

  static async from(adminPort: number): Promise<Scraped> {
    const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`)
    return new Scraped((await response.text()).split('\n'))
  }

  /** The delay of the event loop is that since the last scrape. */
  health(): Health {
    const rss = this.#value('ddmq_process_resident_memory_bytes')
    const delay = this.#value('ddmq_process_event_loop_delay_seconds{quantile="0.99"}')
    return { rssMiB: rss / 1024 / 1024, eventLoopP99Ms: delay * 1000 }
  }

  /** Values of all series of that name which have the label, e.g. `role="owner"`. */
  values(name: string, label = ''): readonly number[] {
    return this.#lines
      .filter(line => line.startsWith(`${name}{`) && line.includes(label))
      .map(line => Number(line.slice(line.lastIndexOf(' '))))
  }

  sum(name: string, label?: string): number {
    return this.values(name, label).reduce((sum, value) => sum + value, 0)
  }

  #value(series: string): number {
    const line = this.#lines.find(candidate => candidate.startsWith(`${series} `))
    if (line === undefined) throw new Error(`the metrics have no ${series}`)
    return Number(line.slice(series.length))
  }
}
