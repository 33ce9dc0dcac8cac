import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReportDocument } from '@ddmq/bench'
import { tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { BenchFailedError } from '../../src/errors.ts'
import { exitCodeOf } from '../../src/exit-codes.ts'
import { runCommand } from './support/run-command.ts'

function reportOf(rates: Readonly<Record<string, number>>): ReportDocument {
  return {
    format: 2,
    version: '1.2.3',
    startedAt: '2026-11-24T22:50:12.345Z',
    commit: '0123abc',
    machine: { cpu: 'A CPU', cores: 2, memoryMiB: 24_576, kernel: 'Linux 6', node: 'v24.0.0' },
    loadAverage: { before: 0.5, after: 2.25 },
    kind: 'full',
    only: [],
    repetitions: 3,
    seconds: 4,
    measured: Object.entries(rates).map(([id, rate]) => ({
      id,
      title: id,
      rows: [
        {
          key: 'rate',
          title: 'rate',
          unit: '/s',
          better: 'more',
          ours: { median: rate, min: rate, max: rate },
        },
      ],
    })),
    notMeasured: [],
  }
}

/** The files of two reports. */
async function files(before: unknown, after: unknown): Promise<readonly [string, string]> {
  const dir = await tempDir()
  onTestFinished(() => dir[Symbol.asyncDispose]())
  const [a, b] = [join(dir.path, 'a.json'), join(dir.path, 'b.json')] as const
  await writeFile(a, JSON.stringify(before))
  await writeFile(b, JSON.stringify(after))
  return [a, b]
}

test('the gate passes when nothing became worse, and lists what it did not judge', async () => {
  const pair = await files(reportOf({ send: 100, gone: 1 }), reportOf({ send: 90 }))

  const { stdout } = await runCommand(['bench', 'compare', ...pair])

  expect(stdout).toContain('before: 2026-11-24T22:50:12.345Z, full, 3 × 4 s, 0123abc\n')
  expect(stdout).toMatch(/^send rate +100 +90 +90 % +kept$/m)
  expect(stdout).toMatch(/^gone rate +– +– +– +not judged: only in the first report$/m)
})

test('the gate fails when a figure became worse, and names it', async () => {
  const pair = await files(reportOf({ send: 100, pull: 100 }), reportOf({ send: 84, pull: 100 }))

  const failed = runCommand(['bench', 'compare', ...pair])

  await expect(failed).rejects.toThrow(new BenchFailedError('below 0.85 × of before: send rate'))
})

test('the gate fails when a scenario failed in the second report, though nothing became worse', async () => {
  const notMeasured = [{ id: 'pull', title: 'pull', outcome: 'failed', reason: 'it crashed' }] as const
  const pair = await files(reportOf({ send: 100, pull: 100 }), { ...reportOf({ send: 100 }), notMeasured })

  const failed = runCommand(['bench', 'compare', ...pair])

  await expect(failed).rejects.toThrow(new BenchFailedError('failed in the second report: pull'))
})

test('a quick and a full report are refused, as a wrong command line is', async () => {
  const pair = await files({ ...reportOf({ send: 100 }), kind: 'quick' }, reportOf({ send: 100 }))

  const thrown: unknown = await runCommand(['bench', 'compare', ...pair]).catch((error: unknown) => error)

  expect(thrown).toHaveProperty(
    'message',
    expect.stringContaining('the first report is quick, the second full'),
  )
  expect(exitCodeOf(thrown)).toBe(2)
})

test('--gate sets another one', async () => {
  const pair = await files(reportOf({ send: 100 }), reportOf({ send: 84 }))

  const { stdout } = await runCommand(['bench', 'compare', ...pair, '--gate', '0.8', '--json'])

  expect(JSON.parse(stdout)).toEqual({
    name: 'send rate',
    verdict: 'kept',
    before: 100,
    after: 84,
    share: 0.84,
  })
})

test('two reports with nothing in common do not pass', async () => {
  const pair = await files(reportOf({ send: 100 }), reportOf({ pull: 100 }))

  await expect(runCommand(['bench', 'compare', ...pair])).rejects.toThrow(
    new BenchFailedError('no row of the two reports can be compared'),
  )
})

test('a file that is no report ends the command as a wrong command line does, not as the gate', async () => {
  const pair = await files(reportOf({ send: 100 }), { ...reportOf({}), format: 1 })

  const thrown: unknown = await runCommand(['bench', 'compare', ...pair]).catch((error: unknown) => error)

  expect(thrown).toHaveProperty(
    'message',
    expect.stringContaining(`${pair[1]} is no report of this version: format: `),
  )
  expect(exitCodeOf(thrown)).toBe(2)
})
