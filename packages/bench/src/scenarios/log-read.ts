import { rm } from 'node:fs/promises'
import { firstWarmUpSeconds, warmUpSeconds } from '../load/warm-up.ts'
import { eventLoopP99Ms } from '../log/event-loop.ts'
import { type LogSide, openBareLog, openOurLog, PARTITIONS } from '../log/log-sides.ts'
import type { Sample, Scenario } from '../report/scenario.ts'

const RECORDS = 64_000
/** Appended at once: blocks of 64 records. */
const IN_FLIGHT = 64 * PARTITIONS
const MAX_SECONDS = 1

/** The whole log again and again, from the store: nothing of it is in our own memory. */
export const logReadScenario: Scenario = {
  id: 'log.read',
  title: `embedded log, records of 200 B of ${PARTITIONS} partitions read from the store, up to 1 MiB at once`,
  isQuick: false,
  figures: [
    { key: 'perSecond', title: 'records read', unit: '/s', better: 'more', against: 'rocksdb' },
    {
      key: 'cpuMicroseconds',
      title: 'CPU of all threads',
      unit: 'µs CPU/message',
      better: 'less',
      against: 'rocksdb',
    },
    {
      key: 'eventLoopP99Ms',
      title: 'event-loop delay p99',
      unit: 'ms',
      better: 'less',
      goal: { atMost: 20 },
    },
  ],
  async open(bench) {
    const { dir } = bench
    const folders = [`${dir}/read-ours`, `${dir}/read-rocksdb`] as const
    await using logs = new AsyncDisposableStack()
    for (const folder of folders) logs.defer(() => rm(folder, { recursive: true, force: true }))
    const ours = logs.use(await openOurLog({ dir: folders[0], fsync: false, tailCacheBytes: 0 }))
    const rocksdb = logs.use(await openBareLog({ dir: folders[1], fsync: false }))
    const seconds = Math.min(bench.seconds, MAX_SECONDS)
    for (const log of [ours, rocksdb]) {
      await fill(log)
      await readFor(log, firstWarmUpSeconds(seconds))
    }
    const owned = logs.move()
    return {
      sides: { ours: () => measure(ours, seconds), rocksdb: () => measure(rocksdb, seconds) },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    }
  },
}

async function fill(log: LogSide): Promise<void> {
  for (let done = 0; done < RECORDS; done += IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, (_, index) => log.append(index % PARTITIONS)))
  }
}

async function measure(log: LogSide, seconds: number): Promise<Sample> {
  await readFor(log, warmUpSeconds(seconds))
  let rates = { perSecond: 0, cpuMicroseconds: 0 }
  const delayMs = await eventLoopP99Ms(async () => {
    rates = await readFor(log, seconds)
  })
  return { ...rates, eventLoopP99Ms: delayMs }
}

async function readFor(log: LogSide, seconds: number) {
  const startMs = performance.now()
  const untilMs = startMs + seconds * 1000
  const cpuBefore = process.cpuUsage()
  let count = 0
  for (let partition = 0; performance.now() < untilMs; partition = (partition + 1) % PARTITIONS) {
    for (let offset = 0, read = 1; read > 0 && performance.now() < untilMs; offset += read) {
      read = await log.read(partition, offset)
      count += read
    }
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  return {
    perSecond: (count / (performance.now() - startMs)) * 1000,
    cpuMicroseconds: (user + system) / Math.max(1, count),
  }
}
