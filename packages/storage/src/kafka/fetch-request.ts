import { createAPI, fetchV12, type Reader, readKnownTaggedFields, type Writer } from '@platformatic/kafka'
import type { AbortedTransaction } from './record-reader.ts'

const FETCH_KEY = 1
const VERSION = 12
/** Up to the last stable offset, with the list of aborted transactions. */
const READ_COMMITTED = 1
const NO_SESSION = 0
/** Closes a session that there is none of: an answer for this request alone. */
const SESSIONLESS_EPOCH = -1
const ANY_EPOCH = -1

export interface FetchPosition {
  readonly topic: string
  readonly index: number
  readonly offset: number
  /** The broker answers only in this epoch of its leadership. */
  readonly leaderEpoch: number
}

export interface FetchLimits {
  readonly maxWaitMs: number
  readonly minBytes: number
  readonly maxBytes: number
  readonly rack: string
}

/** What a broker answered for one partition; its records as they are stored. */
export interface FetchedPartition {
  readonly topic: string
  readonly index: number
  readonly errorCode: number
  readonly lastStableOffset: number
  readonly aborted: readonly AbortedTransaction[]
  /** Another replica to read from, −1 for none. */
  readonly preferredReplica: number
  readonly records: Buffer
}

export interface FetchAnswer {
  readonly errorCode: number
  readonly partitions: readonly FetchedPartition[]
}

const NO_RECORDS = Buffer.alloc(0)

/** The library decodes every record while it reads the answer and fails as a whole; ours leaves the records as they are. */
export const fetchRecords = createAPI<
  [positions: readonly FetchPosition[], limits: FetchLimits],
  FetchAnswer
>(FETCH_KEY, VERSION, createRequest, (_correlationId, _apiKey, _apiVersion, reader) => parseAnswer(reader))

function createRequest(positions: readonly FetchPosition[], limits: FetchLimits): Writer {
  const { maxWaitMs, minBytes, maxBytes, rack } = limits
  const topics = Array.from(
    Map.groupBy(positions, ({ topic }) => topic),
    ([topicId, ofTopic]) => ({
      topicId,
      partitions: ofTopic.map(({ index, offset, leaderEpoch }) => ({
        partition: index,
        currentLeaderEpoch: leaderEpoch,
        fetchOffset: BigInt(offset),
        lastFetchedEpoch: ANY_EPOCH,
        partitionMaxBytes: maxBytes,
      })),
    }),
  )
  return fetchV12.createRequest(
    maxWaitMs,
    minBytes,
    maxBytes,
    READ_COMMITTED,
    NO_SESSION,
    SESSIONLESS_EPOCH,
    topics,
    [],
    rack,
  )
}

function parseAnswer(reader: Reader): FetchAnswer {
  reader.readInt32() // throttle time
  const errorCode = reader.readInt16()
  reader.readInt32() // session
  const topics = reader.readArray(topicReader => {
    const topic = topicReader.readString()
    return topicReader.readArray(partition => parsePartition(partition, topic), true, false)
  })
  readKnownTaggedFields(reader, {})
  return { errorCode, partitions: topics.flat() }
}

function parsePartition(reader: Reader, topic: string): FetchedPartition {
  const index = reader.readInt32()
  const errorCode = reader.readInt16()
  reader.readInt64() // high watermark
  const lastStableOffset = Number(reader.readInt64())
  reader.readInt64() // start of the log
  const aborted =
    reader.readNullableArray(entry => ({ producerId: entry.readInt64(), firstOffset: entry.readInt64() })) ??
    []
  const preferredReplica = reader.readInt32()
  const length = reader.readUnsignedVarInt() - 1
  let records: Buffer = NO_RECORDS
  if (length > 0) {
    records = reader.buffer.slice(reader.position, reader.position + length)
    reader.skip(length)
  }
  readKnownTaggedFields(reader, {})
  return { topic, index, errorCode, lastStableOffset, aborted, preferredReplica, records }
}
