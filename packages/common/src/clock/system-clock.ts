import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from './clock.ts'

/** A Node timer set for longer fires at once, so longer waits are made of several. */
const MAX_TIMER_MS = 2_147_483_647

/** The machine's clocks. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  async sleep(ms, signal) {
    const options = signal === undefined ? undefined : { signal }
    let leftMs = ms
    for (; leftMs > MAX_TIMER_MS; leftMs -= MAX_TIMER_MS) await delay(MAX_TIMER_MS, undefined, options)
    await delay(leftMs, undefined, options)
  },
  schedule(ms, callback) {
    let timer: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      const nextMs = leftMs - MAX_TIMER_MS
      timer = nextMs > 0 ? setTimeout(arm, MAX_TIMER_MS, nextMs) : setTimeout(callback, leftMs)
      timer.unref()
    }
    arm(ms)
    return () => clearTimeout(timer)
  },
}
