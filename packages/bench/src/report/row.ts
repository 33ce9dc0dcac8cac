import { isLimitedByGenerator } from './limited-by-generator.ts'
import type { Figure, Sample } from './scenario.ts'

/** Middle, least and greatest of the repetitions. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Row extends Figure {
  readonly ours: Spread
  readonly reference?: Spread
  /** Ours ÷ reference, of the repetitions that ran one after the other. */
  readonly ratio?: Spread
  /** Absent where there is no goal, and where `isSaturated`. */
  readonly isMet?: boolean
  /** The load generator was saturated in every repetition, so that the figure may tell of it and not of the server. */
  readonly isSaturated?: boolean
  /** How many repetitions are left out because the load generator was saturated in them and not in others. */
  readonly leftOut?: number
}

/** What was measured in one turn of all sides. */
export interface Repetition {
  /** By side. */
  readonly samples: ReadonlyMap<string, Sample>
  /** Sides whose load generator was saturated, or `side case` where it was in one case. */
  readonly saturated: readonly string[]
}

/** One figure over all repetitions. */
export function rowOf(figure: Figure, repetitions: readonly Repetition[]): Row {
  const sound = repetitions.filter(({ saturated }) => !isLimitedByGenerator(figure, saturated))
  if (sound.length > 0) {
    const leftOut = repetitions.length - sound.length
    return { ...withVerdict(spreadsOf(figure, sound)), ...(leftOut > 0 && { leftOut }) }
  }
  return { ...spreadsOf(figure, repetitions), isSaturated: true }
}

function spreadsOf(figure: Figure, repetitions: readonly Repetition[]): Row {
  const ours = valuesOf(figure, 'ours', repetitions)
  const row = { ...figure, ours: spreadOf(ours) }
  if (figure.against === undefined) return row
  const reference = valuesOf(figure, figure.against, repetitions)
  const ratios = ours.map((value, repetition) => {
    const ratio = value / (reference[repetition] ?? Number.NaN)
    if (!Number.isFinite(ratio))
      throw new Error(`${figure.against} measured no ${figure.key} to compare with`)
    return ratio
  })
  return { ...row, reference: spreadOf(reference), ratio: spreadOf(ratios) }
}

function valuesOf({ key }: Figure, side: string, repetitions: readonly Repetition[]): readonly number[] {
  return repetitions.map(({ samples }) => {
    const value = samples.get(side)?.[key]
    if (value === undefined) throw new Error(`${side} measured no ${key}`)
    if (!Number.isFinite(value)) throw new Error(`${side} measured ${value} as ${key}`)
    return value
  })
}

function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new Error('nothing was measured')
  const sorted = values.toSorted((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  }
}

function withVerdict(row: Row): Row {
  if (row.goal === undefined) return row
  const value = (row.ratio ?? row.ours).median
  return { ...row, isMet: 'atLeast' in row.goal ? value >= row.goal.atLeast : value <= row.goal.atMost }
}
