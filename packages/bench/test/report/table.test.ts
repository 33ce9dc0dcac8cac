import { expect, test } from 'vitest'
import { tableLines } from '../../src/index.ts'
import { figureText } from '../../src/report/table.ts'
import { measured, RATE } from './fake-report.ts'

const { against: _, goal: __, ...PLAIN } = RATE

test('a line has the figure, both sides, the ratio with its spread, and whether the goal is met', () => {
  const scenario = measured('send.kafka', [
    [{ ...RATE, elsewhere: '23,866/s, the original' }, 56_748.4, 60_000],
    [{ ...RATE, key: 'slow', title: 'slow', goal: { atLeast: 2 / 3 } }, 6, 10],
    [{ ...PLAIN, key: 'pause', title: 'pause', unit: 'ms' }, 4.5678],
    [{ ...PLAIN, key: 'memory', title: 'memory', unit: 'MiB', goal: { atMost: 250 } }, 120],
  ])

  expect(tableLines({ measured: [scenario] })).toEqual([
    {
      scenario: 'send.kafka',
      figure: 'rate',
      unit: '/s',
      ours: '56,748',
      reference: '60,000 bare',
      ratio: '0.946',
      spread: '0.946 … 0.946',
      goal: '≥ 0.7 met',
      elsewhere: '23,866/s, the original',
      isSaturated: false,
    },
    expect.objectContaining({ ratio: '0.6', goal: '≥ 0.667 MISSED', elsewhere: '–' }),
    expect.objectContaining({ reference: '–', ratio: '–', spread: '4.57 … 4.57', goal: '–' }),
    expect.objectContaining({ ours: '120', goal: '≤ 250 met' }),
  ])
})

test('a line of which a side was limited by its load generator is marked', () => {
  const [line] = tableLines({ measured: [measured('send', [[RATE, 100, 100]], ['bare'])] })

  expect(line).toMatchObject({ ours: '100 *', isSaturated: true, goal: '≥ 0.7 not judged' })
})

test('a line says how many repetitions are left out', () => {
  const { rows, ...scenario } = measured('send', [[RATE, [80, 90], 100]])

  const [line] = tableLines({ measured: [{ ...scenario, rows: rows.map(row => ({ ...row, leftOut: 1 })) }] })

  expect(line).toMatchObject({ spread: '0.8 … 0.9 (1 left out)', goal: '≥ 0.7 met' })
})

test.each([
  [0, '0'],
  [0.00123456, '0.00123'],
  [9.999, '10'],
  [99.96, '100'],
  [1234.5, '1,235'],
  [1_500_000, '1,500,000'],
])('%d is written %s', (value, text) => {
  expect(figureText(value)).toBe(text)
})
