import { PARTITIONS } from '../log/log-sides.ts'
import type { AppendWish } from '../log/measure-appends.ts'
import type { Figure, Sample, Scenario } from '../report/scenario.ts'
import { answerOf } from '../servers/answering-process.ts'

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

/** The embedded log against batches of RocksDB written by hand: each time a new folder, in a process of its own. */
function logAppendScenario(inFlight: number, fsync: boolean): Scenario {
  return {
    id: `log.append.${inFlight}.${fsync ? 'fsync' : 'nosync'}`,
    title: `embedded log, appends of one record of 200 B to ${PARTITIONS} partitions, ${inFlight} in flight, ${fsync ? 'each on the disk' : 'without fsync'}`,
    isQuick: QUICK_IN_FLIGHT.includes(inFlight),
    figures: FIGURES,
    async open(bench) {
      const load = { dir: `${bench.dir}/log`, fsync, inFlight, seconds: Math.min(bench.seconds, MAX_SECONDS) }
      const measure = (side: AppendWish['side']): Promise<Sample> =>
        answerOf('log/append-process', { ...load, side } satisfies AppendWish)
      return {
        sides: { ours: () => measure('ours'), rocksdb: () => measure('rocksdb') },
        [Symbol.asyncDispose]: async () => undefined,
      }
    },
  }
}
