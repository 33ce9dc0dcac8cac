import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ScenarioList } from '@ddmq/bench'
import { tempDir } from '@ddmq/testkit'
import { Command } from 'commander'
import { expect, onTestFinished, test } from 'vitest'
import { LIST } from '../../../bench/test/report/fake-scenarios.ts'
import { benchReportCommand } from '../../src/commands/bench-report.ts'
import { BenchFailedError, UsageError } from '../../src/errors.ts'
import { type Printed, runCommand } from './support/run-command.ts'

/** One that can be measured and a quick one, one that is missing, one that fails. */
const IDS = ['sound.quick', 'sound.full', 'lacking', 'throws']

function listOf(ids: readonly string[]): ScenarioList {
  return { ...LIST, scenarios: LIST.scenarios.filter(({ id }) => ids.includes(id)) }
}

/** `bench report` of fake scenarios, once, into a folder of its own. */
function report(...words: readonly string[]): Promise<Report> {
  return reportOf(IDS, words)
}

interface Report {
  readonly printed: Promise<Printed>
  readonly written: () => Promise<readonly string[]>
  readonly folder: string
}

async function reportOf(ids: readonly string[], words: readonly string[]): Promise<Report> {
  const dir = await tempDir()
  onTestFinished(() => dir[Symbol.asyncDispose]())
  const out = join(dir.path, 'out')
  const program = new Command('ddmq')
    .option('--json', '', false)
    .option('--port-offset <n>', '', Number, 0)
    .addCommand(benchReportCommand(listOf(ids)))
  const printed = runCommand(['report', '--out', out, ...words], program)
  printed.catch(() => undefined) // some tests look at the files only
  return { printed, folder: out, written: async () => (await readdir(out)).toSorted() }
}

test('a quick report prints the table, says what is missing and what it wrote, and does not fail', async () => {
  const { printed, written, folder } = await report('--quick', '--only', 'sound', 'lacking')

  const { stdout, stderr } = await printed
  expect(stdout.split('\n')[0]).toMatch(
    /^scenario +figure +unit +ours +reference +ratio +spread +goal +elsewhere, not this run$/,
  )
  expect(stdout).toMatch(/^sound\.quick +rate +\/s +100 \* +200 bare +0.5 +0.5 … 0.5 +≥ 0.7 not judged +–$/m)
  expect(stdout).toMatch(/^\* The load generator was busy/m)
  expect(stdout).toMatch(/^missing: lacking: needs a broker$/m)
  const [results = ''] = await written()
  expect(results).toMatch(/-quick\.json$/)
  expect(stderr).toMatch(/^1\/2 sound\.quick measured \(\d+ s\)$/m)
  expect(stderr).toMatch(/^2\/2 lacking missing: needs a broker \(0 s\)$/m)
  expect(stderr).toContain(`wrote ${join(folder, results)}\n`)
  expect(await written()).toHaveLength(1)
})

test('a full report writes the page too, and fails when a scenario failed, after everything is written', async () => {
  const { printed, written } = await report()

  await expect(printed).rejects.toThrow(new BenchFailedError('failed: throws'))
  expect(await written()).toEqual([expect.stringMatching(/Z\.json$/), 'performance', 'performance.md'])
})

test('with --json the document that is written is printed', async () => {
  const { printed, written, folder } = await report('--only', 'sound.full', '--json')

  const { stdout } = await printed
  const [file = '', ...others] = await written()
  expect(others).toEqual([])
  expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile(join(folder, file), 'utf8')))
  expect(JSON.parse(stdout)).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    kind: 'full',
    only: ['sound.full'],
    seconds: 3,
    measured: [{ id: 'sound.full', rows: [{ isSaturated: true }] }],
  })
})

test.each([
  ['a quick one', ['--quick']],
  ['a partial one', ['--only', 'lacking']],
  ['one of fewer repetitions', ['--repetitions', '2']],
  ['one of shorter measurements', ['--seconds', '2']],
])('%s leaves the page as it is', async (_title, words) => {
  const { printed, written } = await reportOf(['lacking'], words)

  await printed
  expect(await written()).toEqual([expect.stringMatching(/\.json$/)])
})

test('--minutes ends the run, says what is out of time, and does not fail', async () => {
  const { printed } = await report('--quick', '--only', 'sound', '--minutes', '0.00001')

  const { stdout } = await printed
  expect(stdout).toMatch(/^out of time: sound\.quick: the run may take 1 s$/m)
})

test('--page asks for the page of a partial report', async () => {
  const { printed, written } = await report('--only', 'sound', '--page')

  await printed
  expect(await written()).toContain('performance.md')
})

test('--only with a name that means nothing names it, and says what there is', async () => {
  const { printed } = await report('--only', 'sound', 'soun', 'throws.not')

  await expect(printed).rejects.toThrow(
    new UsageError(
      '--only soun throws.not means no full scenario; there are: sound.quick (quick), sound.full, lacking (quick), throws (quick)',
    ),
  )
})
