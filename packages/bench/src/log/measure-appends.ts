import { rm } from 'node:fs/promises'
import { firstWarmUpSeconds } from '../load/warm-up.ts'
import type { Sample } from '../report/scenario.ts'
import { appendLoad } from './append-load.ts'
import { eventLoopP99Ms } from './event-loop.ts'
import { type LogSideOptions, openBareLog, openOurLog, PARTITIONS } from './log-sides.ts'

/** What one process measures of one log. */
export interface AppendWish {
  readonly side: 'ours' | 'rocksdb'
  /** Missing; removed at the end. */
  readonly dir: string
  readonly fsync: boolean
  readonly inFlight: number
  readonly seconds: number
}

/** Once it is warm: without fsync, as the few appends that it allows in so short a time would not get the code compiled. */
export async function measureAppends({ side, dir, fsync, ...load }: AppendWish): Promise<Sample> {
  const open = side === 'ours' ? openOurLog : openBareLog
  const appendFor = async (options: LogSideOptions, seconds: number): Promise<Sample> => {
    try {
      await using log = await open(options)
      let rates = { perSecond: 0, cpuMicroseconds: 0 }
      const delayMs = await eventLoopP99Ms(async () => {
        rates = await appendLoad(partition => log.append(partition), {
          ...load,
          partitions: PARTITIONS,
          seconds,
        })
      })
      return { ...rates, eventLoopP99Ms: delayMs }
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  }
  await appendFor({ dir, fsync: false }, firstWarmUpSeconds(load.seconds))
  return appendFor({ dir, fsync }, load.seconds)
}
