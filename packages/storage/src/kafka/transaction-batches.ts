import { blame } from '../blame.ts'
import { StorageError } from '../errors.ts'
import type { Append } from '../port/cluster.ts'
import type { LogRecord } from '../port/record.ts'
import { recordSize } from './record-batch.ts'

/** Appends of one partition that are stored together. */
export interface TransactionBatch {
  readonly records: LogRecord[]
  /** Position in the transaction and in the batch of each append. */
  readonly appends: { readonly index: number; readonly at: number }[]
  bytes: number
}

export interface PartitionBatches {
  readonly topic: string
  readonly index: number
  readonly batches: TransactionBatch[]
}

/**
 * The appends of a transaction by partition, in the order they were given in; in batches of at most the bytes of their
 * topic, but an append is never divided.
 */
export function batchesOf(
  appends: readonly Append[],
  maxBytes: (topic: string) => number,
): readonly PartitionBatches[] {
  const partitions = new Map<string, PartitionBatches>()
  for (const [index, { topic, partition, records }] of appends.entries()) {
    if (records.length === 0) {
      const what = `topic ${topic} partition ${partition}: an append has at least one record`
      throw blame([topic], new StorageError('invalid', what))
    }
    const name = `${topic}/${partition}`
    const known = partitions.get(name) ?? { topic, index: Number(partition), batches: [] }
    partitions.set(name, known)
    addTo(known.batches, { index, records, maxBytes: maxBytes(topic) })
  }
  return [...partitions.values()]
}

function addTo(
  batches: TransactionBatch[],
  {
    index,
    records,
    maxBytes,
  }: { readonly index: number; readonly records: readonly LogRecord[]; readonly maxBytes: number },
): void {
  const bytes = records.reduce((sum, record) => sum + recordSize(record), 0)
  let batch = batches.at(-1)
  if (batch === undefined || batch.bytes + bytes > maxBytes) {
    batch = { records: [], appends: [], bytes: 0 }
    batches.push(batch)
  }
  batch.appends.push({ index, at: batch.records.length })
  for (const record of records) batch.records.push(record)
  batch.bytes += bytes
}
