import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from './clock.ts'

/** The machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    await delay(ms, undefined, signal === undefined ? undefined : { signal })
  },
  schedule(ms, callback) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
