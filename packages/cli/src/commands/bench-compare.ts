import type { ComparedRow, ReportDocument } from '@ddmq/bench'
import { Command } from 'commander'
import { parseShare } from '../argument-parsers.ts'
import { contextOf } from '../context.ts'
import { BenchFailedError } from '../errors.ts'
import { withExamples } from '../examples.ts'
import type { Columns } from '../output.ts'

/** Smaller losses are within what two runs on one machine differ by, as are those whose repetitions overlap. */
const GATE = 0.85

/** `ddmq bench compare` */
export function benchCompareCommand(): Command {
  const compare = new Command('compare')
    .description('compare two reports row by row, and fail when a figure became worse or a scenario failed')
    .argument('<before>', 'results of an earlier `bench report`')
    .argument('<after>', 'results of a later one')
    .option('--gate <share>', 'a figure fails below this share of what it was', parseShare, GATE)
    .action(async (before: string, after: string, { gate }: { gate: number }, command: Command) => {
      const { output } = contextOf(command)
      const { compareReports, readReport } = await import('@ddmq/bench')
      const [old, current] = [await readReport(before), await readReport(after)]
      if (!output.json) process.stdout.write(`before: ${runText(old)}\nafter:  ${runText(current)}\n\n`)
      const rows = compareReports(old, current, gate)
      output.rows(rows, COLUMNS, 'neither report has a row')
      failWhereWorse(rows, gate)
    })
  return withExamples(compare, [
    'ddmq bench compare before.json after.json',
    'ddmq bench compare A.json B.json --json',
  ])
}

const COLUMNS: Columns<ComparedRow> = {
  row: ({ name }) => name,
  before: ({ before }) => valueText(before),
  after: ({ after }) => valueText(after),
  'of before': ({ share }) => (share === undefined ? '–' : `${(share * 100).toFixed(0)} %`),
  verdict: ({ verdict, reason }) => (reason === undefined ? verdict : `${verdict}: ${reason}`),
}

function valueText(value: number | undefined): string {
  return value === undefined ? '–' : String(Number(value.toPrecision(4)))
}

function runText({ startedAt, kind, repetitions, seconds, commit = 'no commit' }: ReportDocument): string {
  return `${startedAt}, ${kind}, ${repetitions} × ${seconds} s, ${commit}`
}

function failWhereWorse(rows: readonly ComparedRow[], gate: number): void {
  const problems = [
    ...problem(rows, 'failed', 'failed in the second report'),
    ...problem(rows, 'worse', `below ${gate} × of before`),
  ]
  if (problems.length > 0) throw new BenchFailedError(problems.join('; '))
  if (!rows.some(({ verdict }) => verdict === 'kept'))
    throw new BenchFailedError('no row of the two reports can be compared')
}

function problem(
  rows: readonly ComparedRow[],
  verdict: ComparedRow['verdict'],
  words: string,
): readonly string[] {
  const names = rows.filter(row => row.verdict === verdict).map(({ name }) => name)
  return names.length === 0 ? [] : [`${words}: ${names.join(', ')}`]
}
