import { type ReportDocument, SATURATED_NOTE, TABLE_HEADINGS, type TableLine, tableLines } from '@ddmq/bench'
import { type Columns, type Output, tableText } from './output.ts'

const COLUMNS: Columns<TableLine> = {
  [TABLE_HEADINGS.scenario]: ({ scenario }) => scenario,
  [TABLE_HEADINGS.figure]: ({ figure }) => figure,
  [TABLE_HEADINGS.unit]: ({ unit }) => unit,
  [TABLE_HEADINGS.ours]: ({ ours }) => ours,
  [TABLE_HEADINGS.reference]: ({ reference }) => reference,
  [TABLE_HEADINGS.ratio]: ({ ratio }) => ratio,
  [TABLE_HEADINGS.spread]: ({ spread }) => spread,
  [TABLE_HEADINGS.goal]: ({ goal }) => goal,
  [TABLE_HEADINGS.elsewhere]: ({ elsewhere }) => elsewhere,
}

/** Prints everything that was measured, and why the rest was not. */
export function printBenchReport(output: Output, report: ReportDocument): void {
  output.item(report, textOf(report))
}

function textOf(report: ReportDocument): string {
  const lines = tableLines(report)
  return [
    lines.length === 0 ? 'nothing was measured' : tableText(lines, COLUMNS),
    ...(lines.some(({ isSaturated }) => isSaturated) ? [SATURATED_NOTE] : []),
    ...report.notMeasured.map(({ id, outcome, reason }) => `${outcome}: ${id}: ${reason}`),
  ].join('\n')
}
