import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { type ConsumedMessage, readConsumedMessage, writeConsumedMessage } from './consumed-message.ts'
import { fieldKey, i32, i64, keyOf, list, map, required, string } from './field-key.ts'
import { type QueueOffsets, readQueueOffsets, writeQueueOffsets } from './offsets.ts'
import { writeOptionalI32, writeOptionalI64, writeOptionalString } from './optional-field.ts'
import { readStructList, writeStructList } from './struct-list.ts'

export interface FetchRequest {
  readonly consumerId: string
  readonly groupId: string
  readonly cluster: string
  readonly fetchOffset?: QueueOffsets | undefined
  readonly maxBatchSize?: number | undefined
  /** Milliseconds. */
  readonly maxLingerTime?: number | undefined
  readonly version?: string | undefined
}

export interface QidResponse {
  readonly topic: string
  readonly qid: string
  readonly nextRequestOffset?: number | undefined
  readonly messages: readonly ConsumedMessage[]
}

export interface FetchResponse {
  readonly code?: number | undefined
  readonly results: readonly QidResponse[]
}

const CONSUMER_ID = fieldKey(1, string)
const GROUP_ID = fieldKey(2, string)
const CLUSTER = fieldKey(3, string)
const FETCH_OFFSET = fieldKey(4, map)
const MAX_BATCH_SIZE = fieldKey(10, i32)
const MAX_LINGER_TIME = fieldKey(11, i32)
const VERSION = fieldKey(60, string)

const TOPIC = fieldKey(1, string)
const QID = fieldKey(2, string)
const NEXT_REQUEST_OFFSET = fieldKey(3, i64)
const MESSAGES = fieldKey(10, list)

const CODE = fieldKey(1, i32)
const RESULTS = fieldKey(10, list)

export function readFetchRequest(reader: ThriftReader): FetchRequest {
  let consumerId: string | undefined
  let groupId: string | undefined
  let cluster: string | undefined
  let fetchOffset: QueueOffsets | undefined
  let maxBatchSize: number | undefined
  let maxLingerTime: number | undefined
  let version: string | undefined
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case CONSUMER_ID:
        consumerId = reader.string()
        break
      case GROUP_ID:
        groupId = reader.string()
        break
      case CLUSTER:
        cluster = reader.string()
        break
      case FETCH_OFFSET:
        fetchOffset = readQueueOffsets(reader)
        break
      case MAX_BATCH_SIZE:
        maxBatchSize = reader.i32()
        break
      case MAX_LINGER_TIME:
        maxLingerTime = reader.i32()
        break
      case VERSION:
        version = reader.string()
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return {
    consumerId: required(consumerId, 'FetchRequest.consumerId'),
    groupId: required(groupId, 'FetchRequest.groupId'),
    cluster: required(cluster, 'FetchRequest.cluster'),
    fetchOffset,
    maxBatchSize,
    maxLingerTime,
    version,
  }
}

export function writeFetchRequest(writer: ThriftWriter, request: FetchRequest): void {
  writer.structBegin()
  writer.field(string, 1)
  writer.string(request.consumerId)
  writer.field(string, 2)
  writer.string(request.groupId)
  writer.field(string, 3)
  writer.string(request.cluster)
  if (request.fetchOffset !== undefined) {
    writer.field(map, 4)
    writeQueueOffsets(writer, request.fetchOffset)
  }
  writeOptionalI32(writer, 10, request.maxBatchSize)
  writeOptionalI32(writer, 11, request.maxLingerTime)
  writeOptionalString(writer, 60, request.version)
  writer.fieldStop()
  writer.structEnd()
}

export function readQidResponse(reader: ThriftReader): QidResponse {
  let topic: string | undefined
  let qid: string | undefined
  let nextRequestOffset: number | undefined
  let messages: readonly ConsumedMessage[] | undefined
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case TOPIC:
        topic = reader.string()
        break
      case QID:
        qid = reader.string()
        break
      case NEXT_REQUEST_OFFSET:
        nextRequestOffset = reader.i64()
        break
      case MESSAGES:
        messages = readStructList(reader, readConsumedMessage)
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return {
    topic: required(topic, 'QidResponse.topic'),
    qid: required(qid, 'QidResponse.qid'),
    nextRequestOffset,
    messages: required(messages, 'QidResponse.messages'),
  }
}

export function writeQidResponse(writer: ThriftWriter, response: QidResponse): void {
  writer.structBegin()
  writer.field(string, 1)
  writer.string(response.topic)
  writer.field(string, 2)
  writer.string(response.qid)
  writeOptionalI64(writer, 3, response.nextRequestOffset)
  writer.field(list, 10)
  writeStructList(writer, response.messages, writeConsumedMessage)
  writer.fieldStop()
  writer.structEnd()
}

export function readFetchResponse(reader: ThriftReader): FetchResponse {
  let code: number | undefined
  let results: readonly QidResponse[] | undefined
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case CODE:
        code = reader.i32()
        break
      case RESULTS:
        results = readStructList(reader, readQidResponse)
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return { code, results: required(results, 'FetchResponse.results') }
}

export function writeFetchResponse(writer: ThriftWriter, response: FetchResponse): void {
  writer.structBegin()
  writeOptionalI32(writer, 1, response.code)
  writer.field(list, 10)
  writeStructList(writer, response.results, writeQidResponse)
  writer.fieldStop()
  writer.structEnd()
}
