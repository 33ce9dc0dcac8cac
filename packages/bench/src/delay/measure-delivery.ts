import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { LatencySummary } from '../load/latency.ts'
import { measureLoad, perMessage } from '../load/load-run.ts'
import type { KafkaDelays } from '../servers/kafka-delays.ts'
import type { RunningChronos } from '../servers/running-chronos.ts'
import type { Health } from '../servers/scraped.ts'
import { Arrivals } from './arrivals.ts'
import { LogFollower } from './log-follower.ts'
import { addToTable } from './table-adds.ts'
import { untilArrived } from './until-arrived.ts'

export interface DeliveryPlan {
  readonly count: number
  readonly shards: readonly number[]
  /** From now to the first due time; all has to be in the index by then. */
  readonly leadMs: number
  /** From the first due time to the last. */
  readonly spanMs: number
}

/** The delay service's event loop is that from just before the first due time to the last arrival. */
export interface Delivery extends Health {
  /** Whether all were in the index before they were due. If not, nothing else here says anything of firing. */
  readonly isInTime: boolean
  /** Until all were in the index, from the first add. */
  readonly takenInPerSecond: number
  /** From the first due time to the last arrival. */
  readonly perSecond: number
  readonly lateness: LatencySummary
  /** Of the delay service, per message. */
  readonly cpuMicroseconds: number
  readonly generatorCpuShare: number
}

export const BODY_BYTES = 200
const POLL_MS = 10

/** Adds messages to the table and reads them from their topic when they are delivered: each once and none early, or it throws. */
export async function measureDelivery(
  { cluster, table, topic }: KafkaDelays,
  chronos: RunningChronos,
  { count, shards, leadMs, spanMs }: DeliveryPlan,
): Promise<Delivery> {
  const run = randomBytes(4).toString('hex')
  const startMs = Date.now()
  const firstDueMs = Math.ceil(startMs + leadMs)
  const arrivals = new Arrivals(run)
  await using _follower = await LogFollower.open(cluster, topic, records =>
    arrivals.take(records, Date.now()),
  )
  const adds = { table, shards, topic, run, count, bodyBytes: BODY_BYTES, firstDueMs, spanMs }
  await addToTable(cluster, adds)
  const isInTime = await untilPending(chronos, count, firstDueMs)
  const takenInPerSecond = (count / (Date.now() - startMs)) * 1000
  await delay(Math.max(0, firstDueMs - Date.now() - POLL_MS))
  await chronos.look()
  const usage = await measureLoad(chronos.pid, () => untilArrived(arrivals, count, firstDueMs + spanMs))
  const { eventLoopP99Ms, rssMiB } = await chronos.look()
  const { deliveredPerSecond: perSecond, lateness } = arrivals.check(count, chronos.lastWords)
  const { cpuMicrosecondsPerMessage: cpuMicroseconds = Number.NaN, generatorCpuShare } = perMessage(
    usage,
    count,
  )
  const costs = { cpuMicroseconds, generatorCpuShare, eventLoopP99Ms, rssMiB }
  return { isInTime, takenInPerSecond, perSecond, lateness, ...costs }
}

/** Answers whether so many are pending before the time. */
async function untilPending(chronos: RunningChronos, count: number, dueMs: number): Promise<boolean> {
  while ((await chronos.look()).pending < count) {
    if (Date.now() > dueMs) return false
    await delay(POLL_MS)
  }
  return true
}
