import { rm } from 'node:fs/promises'
import { firstWarmUpSeconds, warmUpSeconds } from '../load/warm-up.ts'
import { appendLoad } from '../log/append-load.ts'
import { eventLoopP99Ms } from '../log/event-loop.ts'
import { type LogSide, type LogSideOptions, openBareLog, openOurLog, PARTITIONS } from '../log/log-sides.ts'
import type { Figure, Sample, Scenario } from '../report/scenario.ts'

/** A store that is written longer measures RocksDB's compaction. */
const MAX_SECONDS = 2

const FIGURES: readonly Figure[] = [
  {
    key: 'perSecond',
    title: 'records appended',
    unit: '/s',
    better: 'more',
    against: 'rocksdb',
    goal: { atLeast: 0.7 },
  },
  // The same goal of what the rate is bounded by where the disk is not, and which others on the machine change less.
  {
    key: 'cpuMicroseconds',
    title: 'CPU of all threads',
    unit: 'µs CPU/message',
    better: 'less',
    against: 'rocksdb',
    goal: { atMost: 1 / 0.7 },
  },
  { key: 'eventLoopP99Ms', title: 'event-loop delay p99', unit: 'ms', better: 'less', goal: { atMost: 20 } },
]

const QUICK_IN_FLIGHT: readonly number[] = [1, 64]

export const logAppendScenarios: readonly Scenario[] = [false, true].flatMap(fsync =>
  [1, 64, 1000].map(inFlight => logAppendScenario(inFlight, fsync)),
)

/** The embedded log in this process, each time in a new folder, against batches of RocksDB written by hand. */
function logAppendScenario(inFlight: number, fsync: boolean): Scenario {
  return {
    id: `log.append.${inFlight}.${fsync ? 'fsync' : 'nosync'}`,
    title: `embedded log, appends of one record of 200 B to ${PARTITIONS} partitions, ${inFlight} in flight, ${fsync ? 'each on the disk' : 'without fsync'}`,
    isQuick: QUICK_IN_FLIGHT.includes(inFlight),
    figures: FIGURES,
    async open({ dir, seconds }) {
      const options = { dir: `${dir}/log`, fsync }
      const load = { inFlight, partitions: PARTITIONS, seconds: Math.min(seconds, MAX_SECONDS) }
      const first = firstWarmUpSeconds(load.seconds)
      for (const open of [openOurLog, openBareLog]) await warmUp(open, options, { ...load, seconds: first })
      return {
        sides: {
          ours: () => measure(openOurLog, options, load),
          rocksdb: () => measure(openBareLog, options, load),
        },
        [Symbol.asyncDispose]: async () => undefined,
      }
    },
  }
}

type OpenLog = (options: LogSideOptions) => Promise<LogSide>
type Load = Parameters<typeof appendLoad>[1]

async function measure(open: OpenLog, options: LogSideOptions, load: Load): Promise<Sample> {
  await warmUp(open, options, { ...load, seconds: warmUpSeconds(load.seconds) })
  try {
    await using log = await open(options)
    let rates = { perSecond: 0, cpuMicroseconds: 0 }
    const delayMs = await eventLoopP99Ms(async () => {
      rates = await appendLoad(partition => log.append(partition), load)
    })
    return { ...rates, eventLoopP99Ms: delayMs }
  } finally {
    await rm(options.dir, { recursive: true, force: true })
  }
}

/** Without fsync: the few appends that it allows in so short a time would not get the code compiled. */
async function warmUp(open: OpenLog, { dir }: LogSideOptions, load: Load): Promise<void> {
  try {
    await using log = await open({ dir, fsync: false })
    await appendLoad(partition => log.append(partition), load)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
