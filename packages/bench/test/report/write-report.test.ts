import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { readReport, writeReport } from '../../src/index.ts'
import { performancePage } from '../../src/report/performance-page.ts'
import { measured, RATE, reportOf } from './fake-report.ts'
import { assertWellFormed } from './well-formed.ts'

const { against: _, ...ALONE } = RATE
const REPORT = reportOf(
  [
    measured('codec', [[RATE, 80, 10]]),
    measured('send.kafka', [[RATE, 60, 100]], ['ours']),
    measured('send.embedded', [[{ ...RATE, elsewhere: '5 | 6' }, 90, 100]]),
    measured('memory', [[{ ...ALONE, unit: 'MiB' }, 90]]),
  ],
  { notMeasured: [{ id: 'x', title: 'the x', outcome: 'missing', reason: 'needs a broker\nand more' }] },
)

test('the results can be read again, and no run of another time overwrites them', async () => {
  await using dir = await tempDir()
  const results = join(dir.path, 'results')

  const written = await writeReport(REPORT, { results, page: undefined })

  expect(written).toEqual([join(results, '2026-11-24T225012Z.json')])
  expect(await readReport(written[0] ?? '')).toEqual(REPORT)
  expect(await writeReport({ ...REPORT, kind: 'quick' }, { results, page: undefined })).toEqual([
    join(results, '2026-11-24T225012Z-quick.json'),
  ])
})

test('the page says of each area how it was measured, and how to measure a scenario again', () => {
  const { markdown } = performancePage(REPORT)

  expect(markdown).toContain('## codec\n\nBoth sides run in the process of the scenario, for 1 s at most.')
  expect(markdown).toContain('## memory\n\n### title of memory')
  expect(markdown).toContain('\n`./ddmq bench report --only send.kafka`\n')
  expect(performancePage({ ...REPORT, kind: 'quick' }).markdown).toContain(
    '\n`./ddmq bench report --quick --only send.kafka`\n',
  )
})

test('the page has a table per area, links its graphs, and says what is missing', async () => {
  await using dir = await tempDir()
  const page = join(dir.path, 'docs')
  await mkdir(join(page, 'performance'), { recursive: true })
  await writeFile(join(page, 'performance', 'former-area.svg'), '<svg/>')

  const [, ...written] = await writeReport(REPORT, { results: dir.path, page })

  expect(written).toEqual(
    ['performance.md', 'performance/codec.svg', 'performance/send.svg'].map(name => join(page, name)),
  )
  const markdown = await readFile(join(page, 'performance.md'), 'utf8')
  expect(markdown.match(/^###? .*/gm)).toEqual([
    '## Method',
    '## codec',
    '### title of codec',
    '## send',
    '### title of send.kafka',
    '### title of send.embedded',
    '## memory',
    '### title of memory',
    '## Not measured in this run',
    '## This run',
    '## Repeat it',
  ])
  expect(markdown).toContain('| rate | /s | 60 \\* | 100 bare | 0.6 | 0.6 … 0.6 | ≥ 0.7 not judged |')
  expect(markdown).toContain('| 5 \\| 6 |')
  expect(markdown).toContain('- the x: missing: needs a broker\n')
  expect(
    [...markdown.matchAll(/\]\((performance\/[^)]+)\)/g)].map(([, link]) => join(page, link ?? '')),
  ).toEqual(written.slice(1))
  expect(await readdir(join(page, 'performance'))).toEqual(['codec.svg', 'send.svg'])
  for (const graph of written.slice(1)) assertWellFormed((await readFile(graph, 'utf8')).trimEnd())
})
