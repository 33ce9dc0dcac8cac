import type { Append, LogRecord, PartitionId } from '@ddmq/storage'

/** Fewer in one partition are not worth what each partition of a transaction costs the broker. */
const SHORTEST_RUN = 256
const MOST_RUNS = 4

/**
 * Spreads the records of one topic over its partitions, in a few runs of the same length, from a random one on: delayed messages
 * have no order, and in the long run all partitions get about as many.
 */
export function spread(
  topic: string,
  records: readonly LogRecord[],
  partitions: readonly PartitionId[],
  random: () => number,
): readonly Append[] {
  const first = Math.floor(random() * partitions.length)
  const runs = Math.min(MOST_RUNS, Math.max(1, Math.floor(records.length / SHORTEST_RUN)))
  const length = Math.ceil(records.length / runs)
  const byPartition = new Map<PartitionId, LogRecord[]>()
  for (let from = 0, run = 0; from < records.length; from += length, run++) {
    const partition = partitions[(first + run) % partitions.length]
    if (partition === undefined) break
    const part = records.slice(from, from + length)
    const gathered = byPartition.get(partition)
    if (gathered === undefined) byPartition.set(partition, part)
    else for (const record of part) gathered.push(record)
  }
  return Array.from(byPartition, ([partition, part]) => ({ topic, partition, records: part }))
}
