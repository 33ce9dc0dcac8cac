import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { fieldKey, keyOf, map, required, string } from './field-key.ts'
import { readOffsetMap, writeOffsetMap } from './offsets.ts'
import { writeOptionalString } from './optional-field.ts'

export interface ConsumeStatsRequest {
  readonly group: string
  readonly topic?: string | undefined
  readonly version?: string | undefined
}

export interface ConsumeStats {
  readonly group: string
  readonly topic: string
  /** qid → committed offset, −1 when there is none. */
  readonly consumeOffsets: ReadonlyMap<string, number>
  /** qid → log-end offset. */
  readonly produceOffsets: ReadonlyMap<string, number>
}

const GROUP = fieldKey(1, string)
const TOPIC = fieldKey(2, string)
const VERSION = fieldKey(3, string)
const CONSUME_OFFSETS = fieldKey(3, map)
const PRODUCE_OFFSETS = fieldKey(4, map)

export function readConsumeStatsRequest(reader: ThriftReader): ConsumeStatsRequest {
  let group: string | undefined
  let topic: string | undefined
  let version: string | undefined
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case GROUP:
        group = reader.string()
        break
      case TOPIC:
        topic = reader.string()
        break
      case VERSION:
        version = reader.string()
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return { group: required(group, 'ConsumeStatsRequest.group'), topic, version }
}

export function writeConsumeStatsRequest(writer: ThriftWriter, request: ConsumeStatsRequest): void {
  writer.structBegin()
  writer.field(string, 1)
  writer.string(request.group)
  writeOptionalString(writer, 2, request.topic)
  writeOptionalString(writer, 3, request.version)
  writer.fieldStop()
  writer.structEnd()
}

/** What a server left out is read as empty. */
export function readConsumeStats(reader: ThriftReader): ConsumeStats {
  let group = ''
  let topic = ''
  let consumeOffsets: ReadonlyMap<string, number> = new Map()
  let produceOffsets: ReadonlyMap<string, number> = new Map()
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case GROUP:
        group = reader.string()
        break
      case TOPIC:
        topic = reader.string()
        break
      case CONSUME_OFFSETS:
        consumeOffsets = readOffsetMap(reader)
        break
      case PRODUCE_OFFSETS:
        produceOffsets = readOffsetMap(reader)
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return { group, topic, consumeOffsets, produceOffsets }
}

export function writeConsumeStats(writer: ThriftWriter, stats: ConsumeStats): void {
  writer.structBegin()
  writer.field(string, 1)
  writer.string(stats.group)
  writer.field(string, 2)
  writer.string(stats.topic)
  writer.field(map, 3)
  writeOffsetMap(writer, stats.consumeOffsets)
  writer.field(map, 4)
  writeOffsetMap(writer, stats.produceOffsets)
  writer.fieldStop()
  writer.structEnd()
}
