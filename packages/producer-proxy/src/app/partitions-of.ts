/** Hot path: once per message. */
import { settledBefore } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import { type LogCluster, type PartitionId, StorageError } from '@ddmq/storage'

/** The partitions of a topic: at once where the engine knows them, otherwise not later than `dueMs` (monotonic). */
export function partitionsOf(
  cluster: LogCluster,
  topic: string,
  clock: Clock,
  dueMs: number,
): readonly PartitionId[] | Promise<readonly PartitionId[]> {
  const partitions = cluster.partitions(topic)
  return partitions instanceof Promise ? inTime(partitions, clock, dueMs) : partitions
}

/** What a cluster says of a topic; rejects with `retriable` at `dueMs` (monotonic). */
export async function inTime<Answer>(asked: Promise<Answer>, clock: Clock, dueMs: number): Promise<Answer> {
  const deadline = new AbortController()
  const late = new StorageError('retriable', 'partitions of the topic not known in time; nothing was stored')
  // A timer may be a little early, and then the failure would not count as one of time.
  const check = (): (() => void) => {
    const leftMs = dueMs - clock.monotonicMs()
    if (leftMs > 0) return clock.schedule(Math.ceil(leftMs), () => (cancel = check()))
    deadline.abort(late)
    return () => undefined
  }
  let cancel = check()
  try {
    return await settledBefore(deadline.signal, asked)
  } finally {
    cancel()
  }
}
