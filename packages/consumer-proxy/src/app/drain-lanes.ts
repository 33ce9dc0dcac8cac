import type { Clock } from '@ddmq/common/clock'
import type { PullBuffer } from '../core/pull-buffer.ts'
import type { PartitionLane } from './partition-lane.ts'

export interface DrainLimits {
  readonly clock: Clock
  readonly pullBuffer: PullBuffer
  readonly drainMs: number
  readonly deadline: AbortSignal
  readonly pushEnded: AbortSignal
  /** Called after every finished message as long as the drain waits. */
  readonly checks: Set<() => void>
}

/**
 * Waits until nothing of these closed lanes can finish any more, at most `drainMs` and until the deadline. Messages that
 * wait in the pull buffer are not waited for: nobody is given them.
 */
export async function drainLanes(lanes: readonly PartitionLane[], limits: DrainLimits): Promise<void> {
  const { clock, pullBuffer, checks } = limits
  const isIdle = (lane: PartitionLane): boolean => {
    if (lane.inFlight === 0) return true
    return lane.isPulled ? pullBuffer.outstandingOf(lane.topic, lane.qid) === 0 : limits.pushEnded.aborted
  }
  const drained = Promise.withResolvers<void>()
  const check = (): void => {
    if (limits.deadline.aborted || lanes.every(isIdle)) drained.resolve()
  }
  const cancelTimer = clock.schedule(limits.drainMs, drained.resolve)
  checks.add(check)
  for (const signal of [limits.deadline, limits.pushEnded])
    signal.addEventListener('abort', check, { once: true })
  check()
  await drained.promise
  cancelTimer()
  checks.delete(check)
  for (const signal of [limits.deadline, limits.pushEnded]) signal.removeEventListener('abort', check)
}
