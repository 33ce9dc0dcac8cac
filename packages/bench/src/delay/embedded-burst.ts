import { setTimeout as delay } from 'node:timers/promises'
import { type LoadReport, measureLoad, perMessage } from '../load/load-run.ts'
import type { RunningDdmq } from '../servers/running-ddmq.ts'
import type { Health } from '../servers/scraped.ts'
import type { TopicEnd } from '../servers/topic-end.ts'
import { runSendDelayed } from './send-delayed.ts'

/** The event loop is that from just before the first due time to the last in the log. */
export interface Burst extends Health {
  /** From the first due time to the last in the log. */
  readonly seconds: number
  readonly perSecond: number
  /** Of the process, per message, nothing else going on. */
  readonly cpuMicroseconds: number
  readonly generatorCpuShare: number
  readonly sent: LoadReport
  /** Accepted when they were due already: then this is no burst. */
  readonly sentTooLate: number
}

export interface BurstOptions {
  readonly topic: string
  readonly count: number
  readonly bodyBytes: number
  /** From now to the first due time. */
  readonly afterMs: number
  /** From the first due time to the last. */
  readonly spanMs: number
}

const CONNECTIONS = 64
const POLL_MS = 10
/** Nothing was fired for so long. */
const PATIENCE_MS = 30_000

/** Sends messages that are due soon, and watches the end of their topic until the last is there; nobody pulls them. */
export async function measureBurst(ddmq: RunningDdmq, end: TopicEnd, options: BurstOptions): Promise<Burst> {
  const { count, afterMs, spanMs } = options
  const firstDueMs = Math.ceil(Date.now() + afterMs)
  const before = await end.read()
  const { sent, sentTooLate } = await sendAll(ddmq, options, firstDueMs)
  await delay(Math.max(0, firstDueMs - Date.now() - POLL_MS))
  await ddmq.health()
  let lastMs = 0
  const usage = await measureLoad(ddmq.pid, async () => {
    lastMs = await untilReached(end, before + count, firstDueMs + spanMs)
  })
  const { eventLoopP99Ms, rssMiB } = await ddmq.health()
  const seconds = (lastMs - firstDueMs) / 1000
  const { cpuMicrosecondsPerMessage: cpuMicroseconds = Number.NaN, generatorCpuShare } = perMessage(
    usage,
    count,
  )
  const costs = { cpuMicroseconds, generatorCpuShare, eventLoopP99Ms, rssMiB }
  return { seconds, perSecond: count / seconds, ...costs, sent, sentTooLate }
}

async function sendAll(
  { producer }: RunningDdmq,
  { topic, count, bodyBytes, spanMs }: BurstOptions,
  firstDueMs: number,
): Promise<Pick<Burst, 'sent' | 'sentTooLate'>> {
  let sentTooLate = 0
  const sent = await runSendDelayed({
    addresses: [producer],
    connections: CONNECTIONS,
    topic,
    messages: count,
    bodyBytes,
    firstDueMs,
    spanMs,
    accepted: (_, dueMs) => {
      if (Date.now() > dueMs) sentTooLate++
    },
  })
  if (sent.messages !== count) throw new Error(`sending failed: ${JSON.stringify(sent.errors)}`)
  return { sent, sentTooLate }
}

/** Resolves with the wall clock when it was seen. */
async function untilReached(end: TopicEnd, wanted: number, lastDueMs: number): Promise<number> {
  let last = { atMs: lastDueMs, offset: 0 }
  for (;;) {
    const offset = await end.read()
    const nowMs = Date.now()
    if (offset > wanted) throw new Error(`${offset - wanted} messages more than were sent were fired`)
    if (offset === wanted) return nowMs
    if (offset > last.offset) last = { atMs: Math.max(nowMs, lastDueMs), offset }
    if (nowMs - last.atMs > PATIENCE_MS) throw new Error(`${wanted - offset} of the messages were not fired`)
    await delay(POLL_MS)
  }
}
