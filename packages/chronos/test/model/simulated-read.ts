import { type Position, type ReadLimits, type ReadResult, StorageError } from '@ddmq/storage'
import type { SimulatedBrokers } from './simulated-brokers.ts'
import { sizeOf } from './simulated-partition.ts'

/** One result per position, of what is readable at this moment. */
export function readNow(
  brokers: SimulatedBrokers,
  positions: readonly Position[],
  { maxBytes, fromLeader = false }: ReadLimits,
): readonly ReadResult[] {
  let leftBytes = maxBytes
  return positions.map(({ topic, partition, offset }) => {
    try {
      const found = brokers.partition(topic, partition)
      if (leftBytes <= 0)
        return { topic, partition, records: [], nextOffset: offset, endOffset: found.lastStableOffset }
      const result = found.read(offset, leftBytes, fromLeader)
      for (const record of result.records) leftBytes -= sizeOf(record)
      return { topic, partition, ...result, epoch: found.epoch }
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      return { topic, partition, records: [], nextOffset: offset, endOffset: offset, error }
    }
  })
}

export function isAnswer(positions: readonly Position[], results: readonly ReadResult[]): boolean {
  return results.some(
    ({ records, error, nextOffset }, index) =>
      records.length > 0 || error !== undefined || nextOffset !== positions[index]?.offset,
  )
}

/** Resolves when one of the positions may have something else to answer, or after `ms`. */
export function waitForNews(
  brokers: SimulatedBrokers,
  positions: readonly Position[],
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const logs = positions.map(({ topic, partition }) => brokers.partition(topic, partition))
  const { generation } = brokers
  return new Promise(resolve => {
    const end = (): void => {
      cancelTimer()
      signal?.removeEventListener('abort', end)
      for (const log of logs) log.waiters.delete(wake)
      resolve()
    }
    const wake = (): void => {
      const isNews = positions.some(({ offset }, index) => (logs[index]?.lastStableOffset ?? 0) !== offset)
      if (isNews || brokers.generation !== generation) end()
    }
    const cancelTimer = brokers.options.clock.schedule(ms, end)
    for (const log of logs) log.waiters.add(wake)
    if (signal?.aborted) end()
    signal?.addEventListener('abort', end, { once: true })
  })
}
