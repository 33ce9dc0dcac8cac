/** What one repetition of one side measured, by the key of the figure; in the figure's unit. */
export type Sample = Readonly<Record<string, number>>

/** The load generator's share of one core, in a sample of whoever uses one; near 1 it was the bottleneck. */
export const GENERATOR_SHARE = 'generatorCpuShare'

export const UNITS = ['/s', 'ms', 's', 'µs CPU/message', 'MiB', 'of a core'] as const
export type Unit = (typeof UNITS)[number]

/** One line of the report: a figure of ours, beside the same figure of one reference. */
export interface Figure {
  /**
   * Where it stands in the samples. `eventLoop…` is the server's own, `…P99`, `…Max` (with or without the unit) are tails: the
   * report does not judge the one by the load generator, nor the other where it has no goal.
   */
  readonly key: string
  readonly title: string
  readonly unit: Unit
  readonly better: 'more' | 'less'
  /** Side it is compared with; a figure without one stands alone. */
  readonly against?: string
  /** Of the ratio ours ÷ reference, or of the value where there is no reference. A figure without one has nothing to miss. */
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number }
  /** The same figure of somebody else, measured in another run on another machine, in words with its source. */
  readonly elsewhere?: string
}

/** Measures one side once, of a scenario with cases in that case. Empty: this side is not measured in it. */
type Measure = (ofCase: string) => Promise<Sample>

/** Something that is measured, with everything it needs running until it is disposed of. */
export interface Stage extends AsyncDisposable {
  /** By name; `ours` comes first. All are run in turn, so that a busy moment of the machine meets each. */
  readonly sides: Readonly<Record<'ours', Measure>> & Readonly<Record<string, Measure>>
}

export interface Scenario {
  /** Unique, of words with dots: `send.kafka.64x200`. */
  readonly id: string
  readonly title: string
  /** Whether it belongs to the quick report too. */
  readonly isQuick: boolean
  readonly figures: readonly Figure[]
  /**
   * What is measured one after the other on the same servers, where starting them takes longer than measuring: `64x200`.
   * The keys of what is measured then begin with the case and a dot.
   */
  readonly cases?: readonly string[]
  /** Why it cannot run on this machine, if it cannot. */
  missing?(): string | undefined
  open(bench: Bench): Promise<Stage>
}

/** The first word of an id: a section of the page. */
export function areaOf(id: string): string {
  return id.split('.', 1)[0] ?? id
}

/** What scenarios are given. */
export interface Bench {
  /** Command line that runs `ddmq`, to which arguments are added. */
  readonly ddmq: readonly [string, ...string[]]
  /** Environment of the processes that it starts. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** A folder of this run, which is removed after it. */
  readonly dir: string
  /** How long one side is measured once, in seconds; where longer says no more, or it is measured by count, it is shorter. */
  readonly seconds: number
}
