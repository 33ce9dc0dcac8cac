/**
 * Runs the tests and ends with one plain line, `N passed, N failed`. Skipped tests are listed with their titles before
 * it. `--full` adds the long fault matrix; other arguments go to the test runner (a path, `-t <title>`).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numFailedTestSuites: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

const root = resolve(import.meta.dirname, '..')
const args = process.argv.slice(process.argv[2] === 'test' ? 3 : 2)
const reportDir = mkdtempSync(join(tmpdir(), 'ddmq-report-'))
const reportFile = join(reportDir, 'report.json')

const { status } = spawnSync(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...args.filter(arg => arg !== '--full'),
  ],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      // Commands that tests start find this Node first, whatever the machine has.
      PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
      ...(args.includes('--full') ? { DDMQ_TEST_FULL: '1' } : {}),
    },
  },
)

if (!existsSync(reportFile)) {
  console.error('the test runner wrote no report')
  process.exit(1)
}
const report: Report = JSON.parse(readFileSync(reportFile, 'utf8'))
rmSync(reportDir, { recursive: true })

const skipped = report.testResults
  .flatMap(file => file.assertionResults)
  .filter(test => test.status !== 'passed' && test.status !== 'failed')
for (const test of skipped) console.log(`skipped: ${test.fullName}`)

// A file that cannot be loaded has no test of its own to fail, and must not vanish from the count.
const unloadable = report.testResults.filter(
  file => file.status === 'failed' && file.assertionResults.length === 0,
)
for (const file of unloadable) console.log(`could not run: ${file.name}`)

const failed = report.numFailedTests + unloadable.length
console.log(
  `${report.numPassedTests} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
)
process.exit(status === 0 && failed === 0 ? 0 : 1)
