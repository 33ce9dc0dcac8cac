import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { processUsage } from '../load/process-usage.ts'
import type { Bench } from '../report/scenario.ts'
import { KafkaDelays, SHARDS } from '../servers/kafka-delays.ts'
import { RunningChronos } from '../servers/running-chronos.ts'
import { addToTable } from './table-adds.ts'

export interface Rebuild {
  /** From the start of the process to the last message in its index. */
  readonly seconds: number
  /** From the first look at which there were some. */
  readonly perSecond: number
  readonly cpuMicroseconds: number
  readonly rssMiB: number
  readonly eventLoopP99Ms: number
}

const BODY_BYTES = 200
const ALL_SHARDS = Array.from({ length: SHARDS }, (_, shard) => shard)
const DAY_MS = 86_400_000
const POLL_MS = 50
/** Nothing was taken in for so long. */
const PATIENCE_MS = 30_000
const NAME = 'delay-rebuild'

/** A Kafka of its own whose table holds so many messages that are due in a month, in the course of a day. */
export async function fullTable(messages: number): Promise<KafkaDelays> {
  const kafka = await KafkaDelays.start()
  const { cluster, table, topic } = kafka
  try {
    await addToTable(cluster, {
      table,
      shards: ALL_SHARDS,
      topic,
      run: randomBytes(4).toString('hex'),
      count: messages,
      bodyBytes: BODY_BYTES,
      firstDueMs: Date.now() + 30 * DAY_MS,
      spanMs: DAY_MS,
    })
    return kafka
  } catch (thrown) {
    await kafka[Symbol.asyncDispose]()
    throw thrown
  }
}

/** Starts a delay service without an index on that table, until its index has all of it; it has left its group when this resolves. */
export async function measureRebuild(
  bench: Omit<Bench, 'seconds'>,
  { address }: KafkaDelays,
  messages: number,
): Promise<Rebuild> {
  await rm(RunningChronos.indexDir(bench, NAME), { recursive: true, force: true })
  const startMs = performance.now()
  await using chronos = await RunningChronos.start(bench, { ...address, name: NAME })
  await chronos.look() // The start is not part of the event loop's delay.
  const readyAt = { atMs: performance.now(), pending: 0 }
  const { firstAt, lastAt } = await untilBuilt(chronos, messages)
  // Few enough are all there at the first look.
  const from = firstAt.pending === messages ? readyAt : firstAt
  const usage = await processUsage(chronos.pid)
  const { eventLoopP99Ms, rssMiB } = await chronos.look()
  // Killed, it would stay in the group for a session, and the next would wait for its shards.
  await chronos.stop()
  return {
    seconds: (lastAt.atMs - startMs) / 1000,
    perSecond: ((lastAt.pending - from.pending) / (lastAt.atMs - from.atMs)) * 1000,
    cpuMicroseconds: (usage?.cpuMicroseconds ?? Number.NaN) / messages,
    rssMiB,
    eventLoopP99Ms,
  }
}

interface Progress {
  readonly atMs: number
  readonly pending: number
}

/** The first look at which there were some, and the first at which all were there. */
async function untilBuilt(
  chronos: RunningChronos,
  messages: number,
): Promise<{ readonly firstAt: Progress; readonly lastAt: Progress }> {
  let [firstAt, lastAt]: Progress[] = []
  let movedMs = performance.now()
  for (;;) {
    const pending = await chronos.pending()
    const seen = { atMs: performance.now(), pending }
    if (pending !== (lastAt?.pending ?? 0)) movedMs = seen.atMs
    lastAt = seen
    if (pending > 0) firstAt ??= seen
    if (firstAt !== undefined && pending >= messages) return { firstAt, lastAt }
    if (seen.atMs - movedMs > PATIENCE_MS)
      throw new Error(`${pending} of ${messages} messages, and no more come\n${chronos.lastWords}`)
    await delay(POLL_MS)
  }
}
