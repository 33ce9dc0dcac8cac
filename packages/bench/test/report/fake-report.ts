import type { ReportDocument } from '../../src/index.ts'
import { rowOf } from '../../src/report/row.ts'
import type { ScenarioResult } from '../../src/report/run-scenario.ts'
import type { Figure } from '../../src/report/scenario.ts'

export const RATE: Figure = {
  key: 'rate',
  title: 'rate',
  unit: '/s',
  better: 'more',
  against: 'bare',
  goal: { atLeast: 0.7 },
}

/** What ours measured in each repetition, or in one, and what its reference did in all of them. */
export type Measured = readonly [figure: Figure, ours: number | readonly number[], reference?: number]

/** A scenario of which these sides had a saturated load generator throughout. */
export function measured(
  id: string,
  figures: readonly Measured[],
  saturated: readonly string[] = [],
): ScenarioResult {
  const rows = figures.map(([figure, ours, reference]) =>
    rowOf(
      figure,
      [ours].flat().map(value => ({
        samples: new Map([
          ['ours', { [figure.key]: value }],
          ...(reference === undefined ? [] : [[figure.against ?? '', { [figure.key]: reference }] as const]),
        ]),
        saturated,
      })),
    ),
  )
  return { id, title: `title of ${id}`, rows }
}

export function reportOf(
  scenarios: readonly ScenarioResult[],
  changes: Partial<ReportDocument> = {},
): ReportDocument {
  return {
    format: 2,
    version: '1.2.3',
    startedAt: '2026-11-24T22:50:12.345Z',
    commit: '0123abc',
    hasLocalChanges: false,
    machine: { cpu: 'A CPU', cores: 2, memoryMiB: 24_576, kernel: 'Linux 6', node: 'v24.0.0' },
    loadAverage: { before: 0.5, after: 2.25 },
    kind: 'full',
    only: [],
    repetitions: 3,
    seconds: 4,
    measured: scenarios,
    notMeasured: [],
    ...changes,
  }
}
