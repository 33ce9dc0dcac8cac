import { runBareAlone, runIndexAlone } from '../delay-store/run-in-store-process.ts'
import type { Figure, Sample, Scenario } from '../report/scenario.ts'

const BARE = 'the bare store'
const MIB = 1024 * 1024
const BODY_BYTES = 200

const FIGURES: readonly Figure[] = [
  {
    key: 'perSecond',
    title: 'taken in, batches of 1,000',
    unit: '/s',
    better: 'more',
    goal: { atLeast: 100_000 },
  },
  {
    key: 'perSecond',
    title: 'the same, against the same messages written bare',
    unit: '/s',
    better: 'more',
    against: BARE,
  },
  {
    key: 'cpuMicroseconds',
    title: 'CPU while taking in',
    unit: 'µs CPU/message',
    better: 'less',
    against: BARE,
  },
  { key: 'p50Ms', title: 'reading 1,000 due messages, p50', unit: 'ms', better: 'less' },
  { key: 'reopenMs', title: 'opening again, with the first 1,000', unit: 'ms', better: 'less' },
  { key: 'rssMiB', title: 'memory', unit: 'MiB', better: 'less' },
]

/** The index of pending messages alone, in a process of its own so that its memory is its own. */
export const delayStore: Scenario = scenarioOf('100k', 100_000, { isQuick: true })
export const delayStoreLarge: Scenario = scenarioOf('1m', 1_000_000, { isQuick: false })

function scenarioOf(size: string, messages: number, { isQuick }: { readonly isQuick: boolean }): Scenario {
  return {
    id: `delay.store.${size}`,
    title: `Index of ${messages.toLocaleString('en-GB')} pending messages of 200 B, alone`,
    isQuick,
    figures: FIGURES,
    open: async ({ dir }) => {
      const load = { messages, bodyBytes: BODY_BYTES, parent: dir }
      return {
        sides: {
          ours: () => measureOurs(load),
          [BARE]: async () => ({ ...(await runBareAlone(load)) }),
        },
        async [Symbol.asyncDispose]() {},
      }
    },
  }
}

async function measureOurs(load: Parameters<typeof runIndexAlone>[0]): Promise<Sample> {
  const { perSecond, cpuMicroseconds, sliceP50Ms, reopenMs, rssBytes } = await runIndexAlone(load)
  return { perSecond, cpuMicroseconds, p50Ms: sliceP50Ms, reopenMs, rssMiB: rssBytes / MIB }
}
