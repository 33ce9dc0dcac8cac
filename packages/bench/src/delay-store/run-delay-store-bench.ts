import type { IndexResult } from './measure-index.ts'
import { runBareAlone, runIndexAlone } from './run-in-store-process.ts'

export interface DelayStoreBenchOptions {
  /** How many messages are pending when slices are measured. */
  readonly pending: number
  readonly bodyBytes: number
  /** Where the stores are made, and removed again. */
  readonly dir: string
}

export interface DelayStoreBenchResult
  extends Pick<IndexResult, 'sliceP50Ms' | 'sliceMaxMs' | 'firedPerSecond' | 'reopenMs' | 'rssBytes'> {
  readonly pending: number
  /** Messages per second taken in, in batches of 1,000, and the same messages written to a bare store after them. */
  readonly ingestPerSecond: number
  readonly barePerSecond: number
  /** CPU time of the process, all threads, per message taken in and per entry written. */
  readonly ingestCpuMicroseconds: number
  readonly bareCpuMicroseconds: number
}

/** The index of pending messages alone, then a bare store, each in a process of its own. */
export async function runDelayStoreBench({
  pending,
  bodyBytes,
  dir: parent,
}: DelayStoreBenchOptions): Promise<DelayStoreBenchResult> {
  const load = { messages: pending, bodyBytes, parent }
  const { perSecond, cpuMicroseconds, ...index } = await runIndexAlone(load)
  const bare = await runBareAlone(load)
  return {
    pending,
    ingestPerSecond: perSecond,
    barePerSecond: bare.perSecond,
    ingestCpuMicroseconds: cpuMicroseconds,
    bareCpuMicroseconds: bare.cpuMicroseconds,
    ...index,
  }
}
