import { type JudgedValues, shareLeft, whyNotJudged, worseThan } from './compare-rows.ts'
import { ReportsDifferError } from './errors.ts'
import type { NotMeasured, ReportDocument } from './report-document.ts'
import type { Row } from './row.ts'

export interface ComparedRow {
  /** `send.kafka 64x200.rate ÷ trial`: id of the scenario, key of the figure, and its reference where it has one; the id of a scenario that was not measured. */
  readonly name: string
  /** `failed`: a scenario that could not be measured in the second report. */
  readonly verdict: 'kept' | 'worse' | 'failed' | 'not judged'
  /** Of the ratio to the reference where there is one, of the value otherwise. */
  readonly before?: number
  readonly after?: number
  /** Share that is left of what it was, whichever way better is: 0.5 is half as good. Absent where it was nothing before. */
  readonly share?: number
  /** Why it is not judged, or failed. */
  readonly reason?: string
}

/**
 * Compares two reports row by row; the rows of `after` first, in their order, then what only one of them has. Throws
 * `BENCH_REPORTS_DIFFER` for a quick one and a full one.
 *
 * C1 a row is worse only if less than the gate's share is left of it, by more than its unit's floor, and the ranges that
 *    its repetitions show do not overlap: two runs of the same code are not worse than each other;
 * C2 what was not measured in `after` is never passed over: `failed` is a verdict of its own, the rest is listed;
 * C3 a value without a reference is judged only beside one of such a machine, measured as long and as often.
 */
export function compareReports(
  before: ReportDocument,
  after: ReportDocument,
  gate: number,
): readonly ComparedRow[] {
  if (before.kind !== after.kind)
    throw new ReportsDifferError(
      `the first report is ${before.kind}, the second ${after.kind}: compare two of the same kind`,
    )
  const whyNoValues = whyValuesDiffer(before, after)
  const [old, current] = [rowsOf(before), rowsOf(after)]
  const lost = new Set(after.notMeasured.map(({ id }) => id))
  return [
    ...after.notMeasured.map(notMeasured),
    ...[...current].map(([name, { row }]) => {
      const was = old.get(name)
      return was === undefined
        ? onlyIn('second', name)
        : judge(name, { before: was.row, after: row }, gate, whyNoValues)
    }),
    ...[...old]
      .filter(([name, { id }]) => !current.has(name) && !lost.has(id))
      .map(([name]) => onlyIn('first', name)),
  ]
}

interface RowOfScenario {
  readonly id: string
  readonly row: Row
}

function rowsOf({ measured }: ReportDocument): ReadonlyMap<string, RowOfScenario> {
  return new Map(measured.flatMap(({ id, rows }) => rows.map(row => [nameOf(id, row), { id, row }] as const)))
}

function nameOf(id: string, { key, against }: Row): string {
  return against === undefined ? `${id} ${key}` : `${id} ${key} ÷ ${against}`
}

function onlyIn(which: 'first' | 'second', name: string): ComparedRow {
  return { name, verdict: 'not judged', reason: `only in the ${which} report` }
}

function notMeasured({ id, outcome, reason }: NotMeasured): ComparedRow {
  return outcome === 'failed'
    ? { name: id, verdict: 'failed', reason }
    : { name: id, verdict: 'not judged', reason: `${outcome}: ${reason}` }
}

function whyValuesDiffer(before: ReportDocument, after: ReportDocument): string | undefined {
  const isSame =
    before.machine.cpu === after.machine.cpu &&
    before.machine.cores === after.machine.cores &&
    before.seconds === after.seconds &&
    before.repetitions === after.repetitions
  return isSame ? undefined : 'another machine or other lengths, and no reference'
}

function judge(
  name: string,
  rows: { readonly before: Row; readonly after: Row },
  gate: number,
  whyNoValues: string | undefined,
): ComparedRow {
  const values: JudgedValues = {
    before: rows.before.ratio ?? rows.before.ours,
    after: rows.after.ratio ?? rows.after.ours,
  }
  const medians = { before: values.before.median, after: values.after.median }
  const reason =
    whyNotJudged(rows.before, rows.after) ?? (rows.after.against === undefined ? whyNoValues : undefined)
  if (reason !== undefined) return { name, verdict: 'not judged', ...medians, reason }
  const share = shareLeft(rows.after.better, values)
  return {
    name,
    verdict: worseThan(gate, rows.after, values) ? 'worse' : 'kept',
    ...medians,
    ...(share !== undefined && { share }),
  }
}
