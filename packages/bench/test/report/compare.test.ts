import { expect, test } from 'vitest'
import { type ComparedRow, compareReports, type ReportDocument } from '../../src/index.ts'
import type { Figure } from '../../src/report/scenario.ts'
import { type Measured, measured, RATE, reportOf } from './fake-report.ts'

const { against: _, ...ALONE } = RATE
const CPU: Figure = { key: 'cpu', title: 'CPU', unit: 'µs CPU/message', better: 'less', against: 'bare' }
const WAIT: Figure = { key: 'wait', title: 'wait', unit: 'ms', better: 'less', against: 'bare' }
const LOOP: Figure = { key: 'loopP99Ms', title: 'loop', unit: 'ms', better: 'less', goal: { atMost: 20 } }
const PAUSE: Figure = { key: 'pause', title: 'pause', unit: 'ms', better: 'less' }

/** A report of a rate and a CPU time, whose generator was saturated or not. */
function loadOf(rate: number, cpu: number, isBusy: boolean): ReportDocument {
  const rows: readonly Measured[] = [
    [RATE, rate, 100],
    [CPU, cpu, 10],
  ]
  return reportOf([measured('a.b', rows, isBusy ? ['bare'] : [])])
}

/** A report of one measurement beside two references, and alone. */
function threefold(rate: number): ReportDocument {
  return reportOf([
    measured('a.b', [
      [RATE, rate, 100],
      [{ ...RATE, against: 'another' }, 1, 1],
      [ALONE, 1],
    ]),
  ])
}

interface Noisy {
  readonly rate: readonly number[]
  readonly cpu: readonly number[]
  readonly p99: number
  readonly pause: number
  readonly rss: number
}

/** A report of what comes out differently each time. */
function noisy({ rate, cpu, p99, pause, rss }: Noisy): ReportDocument {
  return reportOf([
    measured('a.b', [
      [RATE, rate, 100],
      [CPU, cpu, 10],
      [{ ...WAIT, key: 'p99Ms' }, p99, 10],
      [PAUSE, pause],
      [{ key: 'rss', title: 'memory', unit: 'MiB', better: 'less' }, rss],
    ]),
  ])
}

/** One row in both reports. */
function compared(before: Measured, after: Measured): ComparedRow | undefined {
  const rows = compareReports(
    reportOf([measured('a.b', [before])]),
    reportOf([measured('a.b', [after])]),
    0.85,
  )
  expect(rows).toHaveLength(1)
  return rows[0]
}

test.each<[string, Measured, Measured, string, number]>([
  ['a ratio that fell below the gate', [RATE, 100, 100], [RATE, 84, 100], 'worse', 0.84],
  ['a ratio just at the gate', [RATE, 100, 100], [RATE, 85, 100], 'kept', 0.85],
  ['a ratio that rose', [RATE, 100, 100], [RATE, 200, 100], 'kept', 2],
  ['the same ratio at half the speed of a slower machine', [RATE, 100, 200], [RATE, 50, 100], 'kept', 1],
  ['half the ratio at the same speed', [RATE, 100, 100], [RATE, 100, 200], 'worse', 0.5],
  ['where less is better, a ratio that rose', [CPU, 10, 10], [CPU, 12, 10], 'worse', 10 / 12],
  ['where less is better, a ratio that fell', [CPU, 10, 10], [CPU, 5, 10], 'kept', 2],
  ['without a reference, a value that fell', [ALONE, 100], [ALONE, 84], 'worse', 0.84],
  ['without a reference, a value that stayed', [ALONE, 100], [ALONE, 99], 'kept', 0.99],
  ['without a reference, where less is better, a value that rose', [PAUSE, 5], [PAUSE, 10], 'worse', 0.5],
  ['nothing, before and after', [PAUSE, 0], [PAUSE, 0], 'kept', 1],
  ['nothing before, something after', [PAUSE, 0], [PAUSE, 5], 'worse', 0],
  ['a time that rose by less than a clock tells', [PAUSE, 0], [PAUSE, 0.01], 'kept', 0],
  ['a ratio of times that rose by less than that', [WAIT, 0.25, 0.25], [WAIT, 0.5, 0.25], 'kept', 0.5],
  ['a ratio of times that rose by more', [WAIT, 20, 20], [WAIT, 60, 20], 'worse', 1 / 3],
  ['a noisy rate whose repetitions are alike', [ALONE, [100, 70, 130]], [ALONE, [80, 75, 90]], 'kept', 0.8],
  [
    'a noisy rate all of whose repetitions fell',
    [ALONE, [100, 95, 110]],
    [ALONE, [70, 68, 75]],
    'worse',
    0.7,
  ],

  [
    'a noisy ratio whose repetitions are alike',
    [RATE, [100, 70], 100],
    [RATE, [80, 60], 100],
    'kept',
    70 / 85,
  ],
  ['a tail that rose within its goal', [LOOP, 5], [LOOP, 15], 'kept', 1 / 3],
  ['a tail that rose beyond its goal', [LOOP, 5], [LOOP, 25], 'worse', 0.2],
])('%s', (...[, before, after, verdict, share]) => {
  expect(compared(before, after)).toMatchObject({
    name: `a.b ${before[0].key}${before[0].against === undefined ? '' : ' ÷ bare'}`,
    verdict,
    share,
  })
})

test('what was nothing and became something better has no share, and is kept', () => {
  const row = compared([ALONE, 0], [ALONE, 5])

  expect(row).toMatchObject({ verdict: 'kept', before: 0, after: 5 })
  expect(row).not.toHaveProperty('share')
})

test('two runs of the same code on a busy machine, whose repetitions do not overlap as they stand, are alike', () => {
  const [before, after] = [
    [2_810_138, 2_672_757, 3_057_678],
    [1_745_706, 1_528_179, 2_537_256],
  ] as const

  expect(compared([ALONE, before], [ALONE, after])).toMatchObject({ verdict: 'kept' })
})

test.each(['64x200.p99Ms', 'p99', 'latenessMaxMs'])('the tail %s without a goal is not judged', key => {
  const tail: Figure = { key, title: 'tail', unit: 'ms', better: 'less', against: 'bare' }

  expect(compared([tail, 10, 10], [tail, 100, 10])).toMatchObject({
    verdict: 'not judged',
    reason: 'a tail without a goal',
  })
})

test('two noisy runs of the same thing pass, and a real loss among the noise does not', () => {
  // As measured on a busy machine: medians differ by more than the gate allows, the repetitions overlap.
  const first = noisy({ rate: [90, 100, 72], cpu: [11, 10, 14], p99: 9, pause: 0, rss: 120 })
  const second = noisy({ rate: [71, 78, 95], cpu: [13, 13.5, 10.5], p99: 40, pause: 0.2, rss: 131 })
  const slower = noisy({ rate: [40, 46, 45], cpu: [13, 13.5, 10.5], p99: 40, pause: 0.2, rss: 131 })
  const worse = (after: ReportDocument) =>
    compareReports(first, after, 0.85).flatMap(({ name, verdict }) => (verdict === 'worse' ? [name] : []))

  expect(worse(second)).toEqual([])
  expect(worse(slower)).toEqual(['a.b rate ÷ bare'])
})

test.each(['failed', 'missing', 'out of time'] as const)(
  'a scenario that is %s in the second report stands for its rows',
  outcome => {
    const before = reportOf([measured('a.b', [[RATE, 1, 1]]), measured('kept', [[RATE, 1, 1]])])
    const after = reportOf([measured('kept', [[RATE, 1, 1]])], {
      notMeasured: [{ id: 'a.b', title: 'a b', outcome, reason: 'so' }],
    })

    expect(compareReports(before, after, 0.85)).toMatchObject([
      outcome === 'failed'
        ? { name: 'a.b', verdict: 'failed', reason: 'so' }
        : { name: 'a.b', verdict: 'not judged', reason: `${outcome}: so` },
      { name: 'kept rate ÷ bare', verdict: 'kept' },
    ])
  },
)

test('a scenario that failed in the first report only is new in the second', () => {
  const before = reportOf([], { notMeasured: [{ id: 'a.b', title: 'a b', outcome: 'failed', reason: 'so' }] })

  expect(compareReports(before, reportOf([measured('a.b', [[RATE, 1, 1]])]), 0.85)).toMatchObject([
    { name: 'a.b rate ÷ bare', verdict: 'not judged', reason: 'only in the second report' },
  ])
})

test.each<[string, Partial<ReportDocument>]>([
  ['on another processor', { machine: { ...reportOf([]).machine, cpu: 'Another' } }],
  ['with other cores', { machine: { ...reportOf([]).machine, cores: 4 } }],
  ['for longer', { seconds: 8 }],
  ['more often', { repetitions: 5 }],
])('of a report measured %s the ratios are judged, and no value alone', (_title, changes) => {
  const [ratio, value] = compareReports(
    reportOf([
      measured('a.b', [
        [RATE, 100, 100],
        [ALONE, 100],
      ]),
    ]),
    reportOf(
      [
        measured('a.b', [
          [RATE, 50, 100],
          [ALONE, 50],
        ]),
      ],
      changes,
    ),
    0.85,
  )

  expect(ratio).toMatchObject({ verdict: 'worse' })
  expect(value).toMatchObject({
    verdict: 'not judged',
    reason: 'another machine or other lengths, and no reference',
  })
})

test('a quick and a full report are not compared', () => {
  const both = [reportOf([], { kind: 'quick' }), reportOf([])] as const

  expect(() => compareReports(...both, 0.85)).toThrow(
    'the first report is quick, the second full: compare two of the same kind',
  )
})

test('rows that only one report has are listed and not judged', () => {
  const rows = compareReports(
    reportOf([measured('gone', [[RATE, 1, 1]]), measured('both', [[RATE, 1, 1]])]),
    reportOf([measured('both', [[RATE, 1, 1]]), measured('new', [[RATE, 1, 1]])]),
    0.85,
  )

  expect(rows.map(({ name, verdict, reason }) => [name, verdict, reason])).toEqual([
    ['both rate ÷ bare', 'kept', undefined],
    ['new rate ÷ bare', 'not judged', 'only in the second report'],
    ['gone rate ÷ bare', 'not judged', 'only in the first report'],
  ])
})

test.each(['first', 'second'])(
  'a rate whose generator was saturated in the %s report is not judged, its CPU is',
  which => {
    const rows = compareReports(loadOf(100, 10, which === 'first'), loadOf(10, 100, which === 'second'), 0.85)

    expect(rows).toMatchObject([
      {
        name: 'a.b rate ÷ bare',
        verdict: 'not judged',
        before: 1,
        after: 0.1,
        reason: 'the load generator was saturated',
      },
      { name: 'a.b cpu ÷ bare', verdict: 'worse' },
    ])
  },
)

test('how busy the load generator was is not judged: a faster server makes it busier', () => {
  const share: Figure = { key: 'share', title: 'generator', unit: 'of a core', better: 'less' }

  expect(compared([share, 0.4], [share, 0.8])).toMatchObject({
    verdict: 'not judged',
    reason: 'it tells of the load generator',
  })
})

test.each<[string, Figure]>([
  ['unit', { ...RATE, unit: 'ms' }],
  ['better', { ...RATE, better: 'less' }],
])('a figure whose %s became another is not judged', (field, figure) => {
  expect(compared([RATE, 100, 1], [figure, 1, 1])).toMatchObject({
    verdict: 'not judged',
    reason: `another figure: its ${field} differs`,
  })
})

test('the same measurement beside two references, and alone, is three rows', () => {
  expect(
    compareReports(threefold(100), threefold(10), 0.85).map(({ name, verdict }) => [name, verdict]),
  ).toEqual([
    ['a.b rate ÷ bare', 'worse'],
    ['a.b rate ÷ another', 'kept'],
    ['a.b rate', 'kept'],
  ])
})
