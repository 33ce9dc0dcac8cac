import type { ReportDocument } from './report-document.ts'
import type { Row, Spread } from './row.ts'

/** One line of the table, as text. */
export interface TableLine {
  /** Its id. */
  readonly scenario: string
  readonly figure: string
  readonly unit: string
  readonly ours: string
  readonly reference: string
  readonly ratio: string
  /** Least and greatest, of the ratio where there is one, of ours otherwise. */
  readonly spread: string
  readonly goal: string
  readonly elsewhere: string
  /** Marked by a star at ours, which `SATURATED_NOTE` explains; its goal is not judged. */
  readonly isSaturated: boolean
}

export type TableColumn = Exclude<keyof TableLine, 'isSaturated'>

/** Column → its heading. */
export const TABLE_HEADINGS: Readonly<Record<TableColumn, string>> = {
  scenario: 'scenario',
  figure: 'figure',
  unit: 'unit',
  ours: 'ours',
  reference: 'reference',
  ratio: 'ratio',
  spread: 'spread',
  goal: 'goal',
  elsewhere: 'elsewhere, not this run',
}

export const SATURATED_NOTE =
  '* The load generator was busy for more than 90 % of the time in every repetition and may be what limited this figure.'

const NONE = '–'

/** A line per figure of what was measured. */
export function tableLines({ measured }: Pick<ReportDocument, 'measured'>): readonly TableLine[] {
  return measured.flatMap(({ id, rows }) => rows.map(row => lineOf(id, row)))
}

function lineOf(scenario: string, row: Row): TableLine {
  const { against, reference, ratio, ours, unit, isSaturated = false } = row
  return {
    scenario,
    figure: row.title,
    unit,
    ours: `${figureText(ours.median)}${isSaturated ? ' *' : ''}`,
    reference: reference === undefined ? NONE : `${figureText(reference.median)} ${against}`,
    ratio: ratio === undefined ? NONE : figureText(ratio.median),
    spread: `${spreadText(ratio ?? ours)}${leftOutText(row)}`,
    goal: goalText(row),
    elsewhere: row.elsewhere ?? NONE,
    isSaturated,
  }
}

/** Three digits that count, whole numbers from 100 on. */
export function figureText(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : String(Number(value.toPrecision(3)))
}

export function goalText({ goal, isMet, isSaturated = false }: Row): string {
  if (goal === undefined) return NONE
  const bound = 'atLeast' in goal ? `≥ ${figureText(goal.atLeast)}` : `≤ ${figureText(goal.atMost)}`
  if (isSaturated) return `${bound} not judged`
  return `${bound} ${isMet === true ? 'met' : 'MISSED'}`
}

function leftOutText({ leftOut }: Row): string {
  return leftOut === undefined ? '' : ` (${leftOut} left out)`
}

function spreadText({ min, max }: Spread): string {
  return `${figureText(min)} … ${figureText(max)}`
}
