import { setTimeout as delay } from 'node:timers/promises'
import { processUsage } from './process-usage.ts'

const LOOK_MS = 250
const IDLE_SHARE = 0.1
const LONGEST_MS = 15_000

/**
 * Waits until a process does next to nothing: what a set-up leaves to be done must not be measured. Rejects when it is still busy
 * after 15 s, or when the system does not tell.
 */
export async function untilIdle(pid: number): Promise<void> {
  const untilMs = performance.now() + LONGEST_MS
  let before = await cpuMicroseconds(pid)
  for (;;) {
    await delay(LOOK_MS)
    const after = await cpuMicroseconds(pid)
    if (after - before < LOOK_MS * 1000 * IDLE_SHARE) return
    if (performance.now() > untilMs)
      throw new Error(`process ${pid} is busy without load, after ${LONGEST_MS / 1000} s`)
    before = after
  }
}

async function cpuMicroseconds(pid: number): Promise<number> {
  const usage = await processUsage(pid)
  if (usage === undefined) throw new Error(`the CPU time of process ${pid} is not known`)
  return usage.cpuMicroseconds
}
