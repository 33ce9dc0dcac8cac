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

async function inTime(
  partitions: Promise<readonly PartitionId[]>,
  clock: Clock,
  dueMs: number,
): Promise<readonly PartitionId[]> {
  const deadline = new AbortController()
  const late = new StorageError('retriable', 'partitions of the topic not known in time; nothing was stored')
  const cancel = clock.schedule(Math.max(0, dueMs - clock.monotonicMs()), () => deadline.abort(late))
  try {
    return await settledBefore(deadline.signal, partitions)
  } finally {
    cancel()
  }
}
