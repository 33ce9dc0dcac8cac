import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Checkout } from './checkout.ts'
import { loadOfLastMinute, thisMachine } from './machine.ts'
import { type NotMeasured, REPORT_FORMAT, type ReportDocument } from './report-document.ts'
import { runInProcess } from './run-in-process.ts'
import type { ScenarioResult } from './run-scenario.ts'
import type { Bench, Scenario } from './scenario.ts'
import { chosenScenarios, SCENARIO_LIST, type ScenarioList } from './scenario-list.ts'

/**
 * A scenario may take so long for its servers to start, and so many measurements with their warm-up: it has several sides, under several
 * loads. It leaves the others some of the time of the run, and one that hangs is told from one that had no time.
 */
const START_MS = 90_000
const MEASUREMENTS = 40

export interface ReportOptions extends Pick<Bench, 'ddmq' | 'seconds'> {
  /** Of the processes that are started. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly kind: 'quick' | 'full'
  /** Names of scenarios (`chosenScenarios`); empty for all. */
  readonly only: readonly string[]
  readonly repetitions: number
  readonly checkout: Checkout
  /** Everything, unless a test has a list of its own. */
  readonly list?: ScenarioList
  /** Longest time of one scenario; by default in proportion to what its measurements are asked to take. */
  readonly limitMs?: number
  /** Longest time of all of them: what is not measured then is told to be out of time. */
  readonly totalMs: number
  /** Shows what is going on: wraps each scenario. */
  readonly during: (text: string, measure: () => Promise<Outcome>) => Promise<Outcome>
  readonly signal: AbortSignal
}

export type Outcome = { readonly result: ScenarioResult } | { readonly notMeasured: NotMeasured }

/**
 * Measures the scenarios one after another, each in a process and a folder of its own. Nothing that they started is left when it
 * resolves, or when it rejects because the signal aborts.
 */
export async function runReport(options: ReportOptions): Promise<ReportDocument> {
  const { list = SCENARIO_LIST, kind, only, repetitions, seconds, checkout } = options
  const chosen = chosenScenarios(list, kind, only)
  const startedAt = new Date().toISOString()
  const before = loadOfLastMinute()
  const endMs = performance.now() + options.totalMs
  const outcomes: Outcome[] = []
  for (const [index, scenario] of chosen.entries()) {
    const text = `${index + 1}/${chosen.length} ${scenario.id}`
    outcomes.push(await options.during(text, () => measure(scenario, list, { ...options, endMs })))
  }
  return {
    format: REPORT_FORMAT,
    ...checkout,
    startedAt,
    machine: thisMachine(),
    loadAverage: { before, after: loadOfLastMinute() },
    kind,
    only,
    repetitions,
    seconds,
    measured: outcomes.flatMap(outcome => ('result' in outcome ? [outcome.result] : [])),
    notMeasured: outcomes.flatMap(outcome => ('notMeasured' in outcome ? [outcome.notMeasured] : [])),
  }
}

async function measure(
  scenario: Scenario,
  { module }: ScenarioList,
  { ddmq, env: given, seconds, repetitions, signal, ...options }: ReportOptions & { readonly endMs: number },
): Promise<Outcome> {
  const { id, title } = scenario
  const lacking = scenario.missing?.()
  if (lacking !== undefined) return { notMeasured: { id, title, outcome: 'missing', reason: lacking } }
  const { limitMs: ownMs = START_MS + MEASUREMENTS * repetitions * seconds * 1000, totalMs, endMs } = options
  const leftMs = Math.max(0, endMs - performance.now())
  const outOfTime: Outcome = {
    notMeasured: {
      id,
      title,
      outcome: 'out of time',
      reason: `the run may take ${Math.ceil(totalMs / 1000)} s`,
    },
  }
  if (leftMs === 0) return outOfTime
  const dir = await mkdtemp(join(tmpdir(), 'ddmq-bench-'))
  try {
    // Servers keep their data in the temporary folder of their process: here, so that it goes with the rest.
    const env = { ...defined(given), TMPDIR: join(dir, 'tmp') }
    await mkdir(env.TMPDIR)
    const bench = { ddmq, env, dir, seconds }
    const limits = { limitMs: Math.min(ownMs, leftMs), signal }
    const answer = await runInProcess({ module, id, repetitions, bench }, limits)
    if ('result' in answer) return answer
    if ('isTimeUp' in answer && leftMs < ownMs) return outOfTime
    return { notMeasured: { id, title, outcome: 'failed', reason: answer.reason } }
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
