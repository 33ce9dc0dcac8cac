import { setTimeout as delay } from 'node:timers/promises'
import type { Arrivals } from './arrivals.ts'

const POLL_MS = 10
/** Nothing arrived for so long. */
const PATIENCE_MS = 30_000

/** Resolves when so many arrived, or when nothing arrives any more after the last due time: whoever waits has to look which. */
export async function untilArrived(arrivals: Arrivals, count: number, lastDueMs: number): Promise<void> {
  while (arrivals.delivered < count) {
    if (Date.now() - Math.max(arrivals.lastMs, lastDueMs) > PATIENCE_MS) return
    await delay(POLL_MS)
  }
}
