import type { Row, Spread } from './row.ts'
import type { Unit } from './scenario.ts'

/** Of the ratios where there is a reference, of the values otherwise. */
export interface JudgedValues {
  readonly before: Spread
  readonly after: Spread
}

/** A smaller difference than this, in the unit of the figure, is none: it is what the clock, a timer or the collector makes. */
const FLOORS: Readonly<Record<Unit, number>> = {
  '/s': 1,
  ms: 1,
  s: 0.1,
  'µs CPU/message': 0.2,
  MiB: 16,
  'of a core': 0.1,
}

/** Figures that one slow moment makes: how often one comes says the machine. */
const TAIL = /(?:p99\d*|max)(?:ms)?$/i

/** Why two rows of the same name are not compared, if they are not. */
export function whyNotJudged(before: Row, after: Row): string | undefined {
  const differs = (['unit', 'better'] as const).find(field => before[field] !== after[field])
  if (differs !== undefined) return `another figure: its ${differs} differs`
  if (after.unit === 'of a core') return 'it tells of the load generator'
  if (before.isSaturated === true || after.isSaturated === true) return 'the load generator was saturated'
  if (TAIL.test(after.key) && after.goal === undefined) return 'a tail without a goal'
  return undefined
}

/** Whether a figure became worse; a tail did only if it misses its goal as well. */
export function worseThan(gate: number, row: Row, values: JudgedValues): boolean {
  const share = shareLeft(row.better, values)
  if (share === undefined || share >= gate) return false
  if (TAIL.test(row.key) && row.isMet === true) return false
  return !isWithinFloor(row, values) && !overlap(values)
}

/** Share that is left of the median, whichever way better is; undefined where there was nothing that could be left. */
export function shareLeft(better: Row['better'], { before, after }: JudgedValues): number | undefined {
  if (before.median === after.median) return 1 // both may be 0
  const share = better === 'more' ? after.median / before.median : before.median / after.median
  return Number.isFinite(share) ? share : undefined
}

/** The difference of two ratios is told in the unit by what the reference measured. */
function isWithinFloor({ unit, reference }: Row, { before, after }: JudgedValues): boolean {
  return Math.abs(before.median - after.median) * (reference?.median ?? 1) < FLOORS[unit]
}

function overlap({ before, after }: JudgedValues): boolean {
  const [a, b] = [widened(before), widened(after)]
  return a.min <= b.max && b.min <= a.max
}

/** Three repetitions show about half of the range that a figure has: twice as wide is what more of them would. */
function widened({ min, max }: Spread): { readonly min: number; readonly max: number } {
  const half = (max - min) / 2
  return { min: min - half, max: max + half }
}
