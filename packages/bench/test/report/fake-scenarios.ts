import { spawn } from 'node:child_process'
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ScenarioList } from '../../src/index.ts'
import type { Figure, Sample, Scenario } from '../../src/report/scenario.ts'

const RATE: Figure = {
  key: 'rate',
  title: 'rate',
  unit: '/s',
  better: 'more',
  against: 'bare',
  goal: { atLeast: 0.7 },
}

/** Names a file that scenarios write to: what they did, or the ids of the processes that they leave behind. */
export const NOTES = 'DDMQ_TEST_NOTES'

const HOURS_MS = 3_600_000

function fake(id: string, measure: (note: (text: string) => void) => Promise<Sample>): Scenario {
  return {
    id,
    title: `the ${id} scenario`,
    isQuick: id !== 'sound.full',
    figures: [RATE],
    open: async ({ env, dir }) => {
      if (!existsSync(dir)) throw new Error('there is no folder')
      const note = (text: string): void => appendFileSync(env[NOTES] ?? join(dir, 'notes'), `${text}\n`)
      return {
        sides: { ours: () => measure(note), bare: async () => ({ rate: 200, generatorCpuShare: 1 }) },
        [Symbol.asyncDispose]: async () => note(`${id} disposed of`),
      }
    },
  }
}

/** A process that would go on for hours. */
function leaveProcess(note: (text: string) => void): void {
  const { pid } = spawn(process.execPath, ['-e', `setTimeout(() => {}, ${HOURS_MS})`], { stdio: 'ignore' })
  note(`pid ${pid}`)
}

export const ALL_SCENARIOS: readonly Scenario[] = [
  fake('sound.quick', async () => ({ rate: 100 })),
  fake('sound.full', async () => ({ rate: 300 })),
  { ...fake('lacking', async () => ({ rate: 1 })), missing: () => 'needs a broker' },
  fake('throws', async () => {
    throw new Error('the server went away')
  }),
  fake('dies', async () => {
    process.stderr.write('out of memory\n')
    // oxlint-disable-next-line unicorn/no-process-exit -- as a crash in native code would
    process.exit(7)
  }),
  fake('hangs.waiting', async note => {
    leaveProcess(note)
    await delay(HOURS_MS)
    return { rate: 1 }
  }),
  fake('hangs.busy', async note => {
    leaveProcess(note)
    for (;;);
  }),
  fake('leaves', async note => {
    leaveProcess(note)
    return { rate: 100 }
  }),
]

export const LIST: ScenarioList = { module: import.meta.url, scenarios: ALL_SCENARIOS }
