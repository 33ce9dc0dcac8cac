import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { ThriftConnection } from '@ddmq/common/thrift'
import { ErrorsByCode } from '../load/errors-by-code.ts'
import { type LoadReport, measureLoad, perMessage, spread } from '../load/load-run.ts'
import { pullOnce } from '../load/pull.ts'
import { type Address, runSession } from '../load/session.ts'
import { Arrivals, type ArrivalsReport } from './arrivals.ts'
import { runSendDelayed, type SendDelayedOptions } from './send-delayed.ts'

export interface DelayOptions extends Omit<SendDelayedOptions, 'firstDueMs' | 'run' | 'accepted'> {
  /** Of the consumer proxies. */
  readonly consumers: readonly Address[]
  readonly group: string
  /** From the start of the run to the first due time; sending should be over by then. */
  readonly afterMs: number
  /** The run is over when nothing came for so long after the last due time. */
  readonly patienceMs: number
}

export interface DelayReport extends ArrivalsReport {
  readonly sent: LoadReport
  /** Accepted when they were due already: these cannot be on time. */
  readonly sentTooLate: number
  /** Accepted and never pulled. */
  readonly missing: number
  readonly pullErrors: Readonly<Record<string, number>>
  /** CPU time of the observed process from the end of sending to the last arrival, per delivered message. */
  readonly cpuMicrosecondsPerDelivery?: number
  /** Share of one core that this process used meanwhile; near 1 it was the bottleneck. */
  readonly generatorCpuShare: number
}

const POLL_MS = 50

/** Sends messages that are due soon and pulls them as they are delivered. */
export async function runDelay(options: DelayOptions): Promise<DelayReport> {
  const { group, consumers, connections, pid, afterMs, spanMs } = options
  const run = randomBytes(4).toString('hex')
  const firstDueMs = Math.ceil(Date.now() + afterMs)
  const arrivals = new Arrivals(run)
  const accepted: number[] = []
  let sentTooLate = 0
  const note = (number: number, dueMs: number): void => {
    accepted.push(number)
    if (Date.now() > dueMs) sentTooLate++
  }
  const errors = new ErrorsByCode()
  const over = new AbortController()
  const pull = async (connection: ThriftConnection): Promise<void> => {
    await pullOnce(connection, group, messages => arrivals.take(messages, Date.now()))
  }
  const pulling = spread({ addresses: consumers, connections }, address =>
    runSession(address, over.signal, { once: pull, failed: error => errors.countThrown(error) }),
  )
  const sent = await runSendDelayed({ ...options, run, firstDueMs, accepted: note })
  const lastDueMs = firstDueMs + spanMs
  const usage = await measureLoad(pid, async () => {
    while (accepted.length > arrivals.delivered) {
      if (Date.now() - Math.max(lastDueMs, arrivals.lastMs) > options.patienceMs) return
      await delay(POLL_MS)
    }
  })
  over.abort()
  await pulling
  const { cpuMicrosecondsPerMessage: cpu, generatorCpuShare } = perMessage(usage, arrivals.delivered)
  return {
    sent,
    sentTooLate,
    ...arrivals.report(),
    missing: accepted.filter(number => !arrivals.has(number)).length,
    pullErrors: errors.toRecord(),
    generatorCpuShare,
    ...(cpu === undefined ? {} : { cpuMicrosecondsPerDelivery: cpu }),
  }
}
