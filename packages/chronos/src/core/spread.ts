import type { Append, LogRecord, PartitionId } from '@ddmq/storage'

/** Few partitions per transaction cost less; more than this in one of them make it uneven. */
const RUN = 128

/** Spreads the records of one topic over its partitions, in runs, from a random one on: delayed messages have no order. */
export function spread(
  topic: string,
  records: readonly LogRecord[],
  partitions: readonly PartitionId[],
  random: () => number,
): readonly Append[] {
  const first = Math.floor(random() * partitions.length)
  const byPartition = new Map<PartitionId, LogRecord[]>()
  for (let from = 0, run = 0; from < records.length; from += RUN, run++) {
    const partition = partitions[(first + run) % partitions.length]
    if (partition === undefined) break
    const part = records.slice(from, from + RUN)
    const gathered = byPartition.get(partition)
    if (gathered === undefined) byPartition.set(partition, part)
    else for (const record of part) gathered.push(record)
  }
  return Array.from(byPartition, ([partition, part]) => ({ topic, partition, records: part }))
}
