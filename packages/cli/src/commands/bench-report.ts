import { extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Outcome, ReportDocument, ScenarioList } from '@ddmq/bench'
import { Command } from 'commander'
import { parseCount, parseMinutes, parseSeconds } from '../argument-parsers.ts'
import { checkoutRoot, ddmqVersion } from '../checkout.ts'
import { contextOf } from '../context.ts'
import { BenchFailedError, UsageError } from '../errors.ts'
import { withExamples } from '../examples.ts'
import { withProgress } from '../progress.ts'

interface ReportFlags {
  readonly quick?: boolean
  readonly only: readonly string[]
  readonly repetitions: number
  readonly seconds?: number
  readonly minutes?: number
  readonly page?: boolean
  readonly out?: string
}

const REPETITIONS = 3
const SECONDS = { quick: 1, full: 3 }
/** Of the whole run. */
const MINUTES = { quick: 5, full: 40 }
/** Where results go outside a checkout. */
const OUT = 'ddmq-bench'
const MAIN = fileURLToPath(new URL(`../main${extname(import.meta.url)}`, import.meta.url))

/** `ddmq bench report`; `list` replaces the scenarios. */
export function benchReportCommand(list?: ScenarioList): Command {
  const report = new Command('report')
    .description('measure everything beside a reference, print one table, and write it down')
    .option('--quick', 'only the most important figures, each for a shorter time')
    .option('--only <name...>', 'scenarios by id, by area (send), or all below an id (send.kafka.*)', [])
    .option('--repetitions <n>', 'how often each side is measured, in turn', parseCount, REPETITIONS)
    .option(
      '--seconds <n>',
      `how long one measurement lasts (default: ${SECONDS.full}, quick ${SECONDS.quick})`,
      parseSeconds,
    )
    .option(
      '--minutes <n>',
      `how long the whole run may last; what is left then is not measured (default: ${MINUTES.full}, quick ${MINUTES.quick})`,
      parseMinutes,
    )
    .option('--page', 'write docs/performance.md after a quick, partial or shortened run too')
    .option('--out <folder>', 'where to write everything, instead of into the checkout')
    .action(async (flags: ReportFlags, command: Command) => {
      const { output } = contextOf(command)
      const document = await measureAll(flags, list)
      const [{ printBenchReport }, { writeReport }] = await Promise.all([
        import('../bench-table.ts'),
        import('@ddmq/bench'),
      ])
      printBenchReport(output, document)
      for (const path of await writeReport(document, foldersOf(flags))) say(`wrote ${path}`)
      const failed = document.notMeasured.filter(({ outcome }) => outcome === 'failed')
      if (failed.length > 0) throw new BenchFailedError(`failed: ${failed.map(({ id }) => id).join(', ')}`)
    })
  return withExamples(report, [
    'ddmq bench report --quick',
    "ddmq bench report --only send.kafka 'log.*' codec --repetitions 5",
    'ddmq bench report --quick --json > report.json',
  ])
}

async function measureAll(flags: ReportFlags, given?: ScenarioList): Promise<ReportDocument> {
  const { checkoutOf, namesOfNothing, runReport, SCENARIO_LIST } = await import('@ddmq/bench')
  const { only, repetitions, quick = false } = flags
  const kind = quick ? 'quick' : 'full'
  const list = given ?? SCENARIO_LIST
  const unknown = namesOfNothing(list, kind, only)
  if (unknown.length > 0)
    throw new UsageError(`--only ${unknown.join(' ')} means no ${kind} scenario; there are: ${idsOf(list)}`)
  return untilInterrupted(async signal =>
    runReport({
      ddmq: [process.execPath, ...process.execArgv, MAIN],
      env: process.env,
      kind,
      only,
      repetitions,
      seconds: flags.seconds ?? SECONDS[kind],
      totalMs: (flags.minutes ?? MINUTES[kind]) * 60_000,
      checkout: await checkoutOf(checkoutRoot(), await ddmqVersion()),
      list,
      during: sayingHowItWent,
      signal,
    }),
  )
}

function idsOf({ scenarios }: ScenarioList): string {
  return scenarios.map(({ id, isQuick }) => (isQuick ? `${id} (quick)` : id)).join(', ')
}

/** The first signal ends what runs and with it the command; the second ends this process at once. */
async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupted = new AbortController()
  const stop = (): void => interrupted.abort(new BenchFailedError('interrupted: nothing was written'))
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.once(signal, stop)
  try {
    return await work(interrupted.signal)
  } finally {
    for (const signal of signals) process.off(signal, stop)
  }
}

async function sayingHowItWent(text: string, measure: () => Promise<Outcome>): Promise<Outcome> {
  const startMs = performance.now()
  const outcome = await withProgress(text, measure)
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0)
  const word =
    'result' in outcome ? 'measured' : `${outcome.notMeasured.outcome}: ${outcome.notMeasured.reason}`
  say(`${text} ${word} (${seconds} s)`)
  return outcome
}

function foldersOf(flags: ReportFlags): { results: string; page: string | undefined } {
  const { out, page = isForPage(flags) } = flags
  const root = checkoutRoot()
  if (out === undefined && root !== undefined)
    return { results: join(root, 'packages/bench/results'), page: page ? join(root, 'docs') : undefined }
  const folder = resolve(out ?? OUT)
  return { results: folder, page: page ? folder : undefined }
}

/** The page of the documents tells of a full run of everything that was measured as long and as often as it is by default. */
function isForPage({ quick = false, only, repetitions, seconds = SECONDS.full }: ReportFlags): boolean {
  return !quick && only.length === 0 && repetitions >= REPETITIONS && seconds >= SECONDS.full
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
