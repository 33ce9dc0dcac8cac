import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { type ConsumeResult, readConsumeResult, writeConsumeResult } from './consume-result.ts'
import { type ConsumedMessage, readConsumedMessage, writeConsumedMessage } from './consumed-message.ts'
import { type Context, readContext, writeContext } from './context.ts'
import { fieldKey, i32, keyOf, list, required, string, struct } from './field-key.ts'
import { writeOptionalI32, writeOptionalString } from './optional-field.ts'
import { readStructList, writeStructList } from './struct-list.ts'

export interface PullRequest {
  readonly groupId: string
  readonly topic?: string | undefined
  readonly maxBatchSize?: number | undefined
  /** Milliseconds. */
  readonly maxLingerTime?: number | undefined
  readonly result?: ConsumeResult | undefined
  readonly version?: string | undefined
}

export interface PullResponse {
  readonly context: Context
  readonly messages: readonly ConsumedMessage[]
}

const GROUP_ID = fieldKey(1, string)
const TOPIC = fieldKey(2, string)
const MAX_BATCH_SIZE = fieldKey(10, i32)
const MAX_LINGER_TIME = fieldKey(11, i32)
const RESULT = fieldKey(50, struct)
const VERSION = fieldKey(60, string)

const CONTEXT = fieldKey(1, struct)
const MESSAGES = fieldKey(2, list)

export function readPullRequest(reader: ThriftReader): PullRequest {
  let groupId: string | undefined
  let topic: string | undefined
  let maxBatchSize: number | undefined
  let maxLingerTime: number | undefined
  let result: ConsumeResult | undefined
  let version: string | undefined
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case GROUP_ID:
        groupId = reader.string()
        break
      case TOPIC:
        topic = reader.string()
        break
      case MAX_BATCH_SIZE:
        maxBatchSize = reader.i32()
        break
      case MAX_LINGER_TIME:
        maxLingerTime = reader.i32()
        break
      case RESULT:
        result = readConsumeResult(reader)
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
    groupId: required(groupId, 'PullRequest.groupId'),
    topic,
    maxBatchSize,
    maxLingerTime,
    result,
    version,
  }
}

export function writePullRequest(writer: ThriftWriter, request: PullRequest): void {
  writer.structBegin()
  writer.field(string, 1)
  writer.string(request.groupId)
  writeOptionalString(writer, 2, request.topic)
  writeOptionalI32(writer, 10, request.maxBatchSize)
  writeOptionalI32(writer, 11, request.maxLingerTime)
  if (request.result !== undefined) {
    writer.field(struct, 50)
    writeConsumeResult(writer, request.result)
  }
  writeOptionalString(writer, 60, request.version)
  writer.fieldStop()
  writer.structEnd()
}

/** What a server left out is read as empty. */
export function readPullResponse(reader: ThriftReader): PullResponse {
  let context: Context = {}
  let messages: readonly ConsumedMessage[] = []
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case CONTEXT:
        context = readContext(reader)
        break
      case MESSAGES:
        messages = readStructList(reader, readConsumedMessage)
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return { context, messages }
}

export function writePullResponse(writer: ThriftWriter, response: PullResponse): void {
  writer.structBegin()
  writer.field(struct, 1)
  writeContext(writer, response.context)
  writer.field(list, 2)
  writeStructList(writer, response.messages, writeConsumedMessage)
  writer.fieldStop()
  writer.structEnd()
}
