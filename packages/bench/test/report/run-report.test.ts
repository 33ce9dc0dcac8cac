import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually, spawnNode, tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { chosenScenarios, type ReportDocument, runReport } from '../../src/index.ts'
import { reportSchema } from '../../src/report/report-document.ts'
import { LIST, NOTES } from './fake-scenarios.ts'

const NOT_AT_ALL_MS = 60_000

interface Run {
  readonly only: readonly string[]
  readonly limitMs?: number
  readonly totalMs?: number
  readonly signal?: AbortSignal
}

/** A report of the fake scenarios, and what they noted. */
async function run({
  only,
  limitMs = NOT_AT_ALL_MS,
  totalMs = NOT_AT_ALL_MS,
  signal = new AbortController().signal,
}: Run): Promise<{
  readonly report: Promise<ReportDocument>
  readonly notes: () => Promise<string>
  readonly steps: string[]
}> {
  const dir = await tempDir()
  onTestFinished(() => dir[Symbol.asyncDispose]())
  const notes = join(dir.path, 'notes')
  const steps: string[] = []
  const report = runReport({
    ddmq: ['ddmq'],
    env: { ...process.env, [NOTES]: notes },
    kind: 'full',
    only,
    repetitions: 2,
    seconds: 1,
    checkout: { version: '1.2.3' },
    list: LIST,
    limitMs,
    totalMs,
    during: (text, measure) => {
      steps.push(text)
      return measure()
    },
    signal,
  })
  return { report, steps, notes: () => readFile(notes, 'utf8').catch(() => '') }
}

/** Ids of the processes that a scenario left, once it has. */
async function leftPids(notes: () => Promise<string>): Promise<readonly number[]> {
  return [...(await notes()).matchAll(/^pid (\d+)$/gm)].map(([, pid]) => Number(pid))
}

test('scenarios are measured one after another; what the machine lacks and what fails is told with its reason', async () => {
  const { report, steps, notes } = await run({ only: ['sound', 'lacking', 'throws', 'dies'] })

  const document = await report

  expect(steps).toEqual(['1/5 sound.quick', '2/5 sound.full', '3/5 lacking', '4/5 throws', '5/5 dies'])
  expect(document.measured.map(({ id, rows }) => [id, rows[0]?.ratio?.median])).toEqual([
    ['sound.quick', 0.5],
    ['sound.full', 1.5],
  ])
  expect(document.notMeasured).toEqual([
    { id: 'lacking', title: 'the lacking scenario', outcome: 'missing', reason: 'needs a broker' },
    { id: 'throws', title: 'the throws scenario', outcome: 'failed', reason: 'the server went away' },
    {
      id: 'dies',
      title: 'the dies scenario',
      outcome: 'failed',
      reason: 'its process ended with 7: out of memory',
    },
  ])
  expect(await notes()).toBe('sound.quick disposed of\nsound.full disposed of\nthrows disposed of\n')
  expect(reportSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document)
})

test('P1 P2 a scenario that hangs, be it in a loop, ends when its time is up, with what it started', async () => {
  const { report, notes } = await run({ only: ['hangs.busy'], limitMs: 2000 })

  expect((await report).notMeasured).toMatchObject([{ outcome: 'failed', reason: 'it took longer than 2 s' }])
  const pids = await leftPids(notes)
  await eventually(() => expect(pids.filter(isRunning)).toEqual([]))
})

test('P1 when the time of the whole run is over, what runs is ended, and what is left is out of time', async () => {
  const { report, notes } = await run({ only: ['hangs.waiting', 'hangs.busy'], totalMs: 2000 })

  const { notMeasured } = await report
  expect(notMeasured.map(({ id, outcome, reason }) => [id, outcome, reason])).toEqual([
    ['hangs.waiting', 'out of time', 'the run may take 2 s'],
    ['hangs.busy', 'out of time', 'the run may take 2 s'],
  ])
  const pids = await leftPids(notes)
  await eventually(() => expect(pids.filter(isRunning)).toEqual([]))
})

test('P1 a process that a measured scenario left is ended', async () => {
  const { report, notes } = await run({ only: ['leaves'] })

  expect((await report).measured).toHaveLength(1)
  const pids = await leftPids(notes)
  expect(pids).toHaveLength(2)
  await eventually(() => expect(pids.filter(isRunning)).toEqual([]))
})

test('P1 an interrupted report rejects, and leaves nothing running', async () => {
  const interrupted = new AbortController()
  const { report, notes } = await run({ only: ['hangs.waiting'], signal: interrupted.signal })
  report.catch(() => undefined) // looked at below
  await eventually(async () => expect(await leftPids(notes)).toHaveLength(1))

  interrupted.abort(new Error('interrupted'))

  await expect(report).rejects.toThrow('interrupted')
  const pids = await leftPids(notes)
  await eventually(() => expect(pids.filter(isRunning)).toEqual([]))
})

test('P3 when the process that asked is killed, nothing goes on', async () => {
  await using dir = await tempDir()
  const notes = join(dir.path, 'notes')
  await using asking = spawnNode(fileURLToPath(new URL('report-process.ts', import.meta.url)), [], {
    env: { [NOTES]: notes, TMPDIR: dir.path },
  })
  const pids = await eventually(async () => {
    const left = await leftPids(() => readFile(notes, 'utf8'))
    expect(left).toHaveLength(1)
    return left
  })

  asking.kill('SIGKILL')

  await eventually(() => expect(pids.filter(isRunning)).toEqual([]))
})

test.each([
  ['quick', [], ['sound.quick', 'lacking', 'throws', 'dies', 'hangs.waiting', 'hangs.busy', 'leaves']],
  ['quick', ['sound'], ['sound.quick']],
  ['full', ['sound'], ['sound.quick', 'sound.full']],
  ['full', ['sound.full', 'dies'], ['sound.full', 'dies']],
  ['full', ['soun'], []],
  ['full', ['soun.*'], []],
  ['full', ['ound'], []],
] as const)('a %s report of only %j has %j', (kind, only, ids) => {
  expect(chosenScenarios(LIST, kind, only).map(({ id }) => id)).toEqual(ids)
})

test.each([
  [['send'], ['send.kafka', 'send.kafka.further', 'send.kafkaesque']],
  [['send.kafka'], ['send.kafka']],
  [['send.kafka.*'], ['send.kafka', 'send.kafka.further']],
  [['send.kafka.further.*'], ['send.kafka.further']],
  [
    ['send.*', 'send.kafka'],
    ['send.kafka', 'send.kafka.further', 'send.kafkaesque'],
  ],
] as const)('of ids that begin with the same words, %j means %j', (only, ids) => {
  const scenarios = ['send.kafka', 'send.kafka.further', 'send.kafkaesque', 'sender'].flatMap(id =>
    LIST.scenarios.slice(0, 1).map(scenario => ({ ...scenario, id })),
  )
  expect(chosenScenarios({ ...LIST, scenarios }, 'full', only).map(({ id }) => id)).toEqual(ids)
})

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
