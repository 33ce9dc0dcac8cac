import { createAPI, produceV9, Writer } from '@platformatic/kafka'

/** Acknowledged when all replicas in sync have it. */
const ACKS_ALL = -1
const PRODUCE_KEY = 0
const VERSION = 9

/** The encoded batch of one partition. */
export interface PartitionBatch {
  readonly topic: string
  readonly index: number
  readonly bytes: Buffer
}

/**
 * The library's own request encodes records each time it is sent; ours carries batches that are encoded already, so that a
 * retry sends the same bytes, and each with its own producer epoch.
 */
export const produce = createAPI<
  [batches: readonly PartitionBatch[], timeoutMs: number, transactionalId?: string],
  produceV9.ProduceResponse
>(PRODUCE_KEY, VERSION, createRequest, produceV9.parseResponse)

function createRequest(
  batches: readonly PartitionBatch[],
  timeoutMs: number,
  transactionalId?: string,
): Writer {
  const topics = [...Map.groupBy(batches, ({ topic }) => topic)]
  return Writer.create()
    .appendString(transactionalId ?? null)
    .appendInt16(ACKS_ALL)
    .appendInt32(timeoutMs)
    .appendArray(topics, (writer, [topic, ofTopic]) => {
      writer.appendString(topic).appendArray([...ofTopic], (partition, { index, bytes }) => {
        partition
          .appendInt32(index)
          .appendUnsignedVarInt(bytes.length + 1)
          .append(bytes)
      })
    })
    .appendTaggedFields()
}
