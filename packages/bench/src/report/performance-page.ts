import { methodOf } from './area-methods.ts'
import { ratioGraph } from './ratio-graph.ts'
import type { NotMeasured, ReportDocument } from './report-document.ts'
import type { ScenarioResult } from './run-scenario.ts'
import { areaOf } from './scenario.ts'
import { SATURATED_NOTE, TABLE_HEADINGS, type TableColumn, type TableLine, tableLines } from './table.ts'

export interface PerformancePage {
  readonly markdown: string
  /** Name of the file in the folder `performance` beside the page → SVG. */
  readonly graphs: ReadonlyMap<string, string>
}

/** The page of the documents for a report, and its graphs. */
export function performancePage(report: ReportDocument): PerformancePage {
  const areas = byArea(report.measured)
  const graphs = new Map<string, string>()
  for (const [area, scenarios] of areas) {
    const graph = ratioGraph(`${area}: ours ÷ reference; the mark is the goal`, scenarios)
    if (graph !== undefined) graphs.set(`${area}.svg`, graph)
  }
  const sections = [
    head(report),
    ...[...areas].map(([area, scenarios]) =>
      areaSection(area, scenarios, { kind: report.kind, hasGraph: graphs.has(`${area}.svg`) }),
    ),
    notMeasuredSection(report.notMeasured),
    runSection(report),
  ]
  return { markdown: `${sections.filter(section => section !== '').join('\n\n')}\n`, graphs }
}

function byArea(measured: readonly ScenarioResult[]): ReadonlyMap<string, readonly ScenarioResult[]> {
  return Map.groupBy(measured, ({ id }) => areaOf(id))
}

function head({ repetitions, seconds }: ReportDocument): string {
  return `# Performance

Written by \`./ddmq bench report\`; do not edit it.

## Method

- A claim is a ratio: ours against the reference that the table names, in the same run on the same machine.
- The sides take turns, ours first, ${repetitions} times over, so that a busy moment of the machine meets each. A ratio is taken between
  neighbours; the table gives the middle one, and the least and the greatest as the spread.
- One measurement was asked to last ${seconds} s, after a warm-up that does not count; each section says where it is shorter, or by
  count. Each scenario runs in a process of its own.
- Servers run as each section says. Where the load generator speaks Thrift, one connection has one request in flight. Generator and
  server share the machine's cores, so a rate is that of the pair, while the CPU time per message is the server's alone: it is what
  stays the same on a busy machine.
- A repetition in which the generator was busy for more than 90 % of the time says nothing of a rate or a latency: it is left out. Where
  it was so in every one, a star says so, the bar is hollow, and the goal is not judged. CPU time, memory and the delay of the event loop
  are the server's own.
- "Elsewhere" quotes figures of somebody else, from another run on another machine, for orientation only.`
}

function areaSection(
  area: string,
  scenarios: readonly ScenarioResult[],
  { kind, hasGraph }: { readonly kind: ReportDocument['kind']; readonly hasGraph: boolean },
): string {
  const method = methodOf(area)
  const graph = `![Ratios of ${area} against their goals; the tables below have the same figures](performance/${area}.svg)`
  return [
    `## ${area}`,
    ...(method === undefined ? [] : [method]),
    ...(hasGraph ? [graph] : []),
    ...scenarios.map(scenario => scenarioSection(scenario, kind)),
  ].join('\n\n')
}

function scenarioSection(scenario: ScenarioResult, kind: ReportDocument['kind']): string {
  const lines = tableLines({ measured: [scenario] })
  return [
    `### ${scenario.title}`,
    `\`./ddmq bench report ${kind === 'quick' ? '--quick ' : ''}--only ${scenario.id}\``,
    markdownTable(lines),
    ...(lines.some(({ isSaturated }) => isSaturated) ? [SATURATED_NOTE.replace('*', '\\*')] : []),
  ].join('\n\n')
}

function markdownTable(lines: readonly TableLine[]): string {
  const columns = columnsOf(lines)
  return [
    markdownRow(columns.map(column => TABLE_HEADINGS[column])),
    markdownRow(columns.map(() => '---')),
    ...lines.map(line => markdownRow(columns.map(column => line[column].replaceAll(/[|*]/g, '\\$&')))),
  ].join('\n')
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** All but those of which no line has anything to say. */
function columnsOf(lines: readonly TableLine[]): readonly TableColumn[] {
  const columns = ['figure', 'unit', 'ours', 'reference', 'ratio', 'spread', 'goal', 'elsewhere'] as const
  return columns.filter(column => lines.some(line => line[column] !== '–'))
}

function notMeasuredSection(notMeasured: readonly NotMeasured[]): string {
  if (notMeasured.length === 0) return ''
  const lines = notMeasured.map(
    ({ title, outcome, reason }) => `- ${title}: ${outcome}: ${reason.split('\n', 1)[0]}`,
  )
  return `## Not measured in this run\n\n${lines.join('\n')}`
}

function runSection({ machine, loadAverage, startedAt, commit, ...report }: ReportDocument): string {
  const { cpu, cores, memoryMiB, kernel, node } = machine
  const changes = report.hasLocalChanges === true ? ', with local changes' : ''
  const load = [loadAverage.before, loadAverage.after].map(average => average.toFixed(1))
  return `## This run

| | |
|---|---|
| started | ${startedAt} |
| version | ${report.version}${commit === undefined ? '' : `, commit ${commit}${changes}`} |
| kind | ${report.kind}, ${report.repetitions} repetitions of ${report.seconds} s |
| processor | ${cpu}, ${cores} cores |
| memory | ${(memoryMiB / 1024).toFixed(1)} GiB |
| system | ${kernel}, Node ${node} |
| load of the machine, one minute | ${load[0]} before, ${load[1]} after |

## Repeat it

\`\`\`sh
./ddmq bench report           # all of it: writes this page and packages/bench/results/<date>.json
./ddmq bench report --quick   # the most important figures, in a few minutes: writes the results only
./ddmq bench compare packages/bench/results/A.json packages/bench/results/B.json
\`\`\`

[The README of the bench](../packages/bench/README.md) tells more.`
}
