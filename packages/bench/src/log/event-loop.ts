import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION_MS = 10

/** How late this process's event loop was meanwhile: p99 in milliseconds, as the services measure it. */
export async function eventLoopP99Ms(work: () => Promise<unknown>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  await work()
  delay.disable()
  // The histogram holds whole intervals.
  return delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS)
}
