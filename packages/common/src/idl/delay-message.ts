import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { fieldKey, i32, i64, keyOf, map, string } from './field-key.ts'
import { writeOptionalI32, writeOptionalI64, writeOptionalString } from './optional-field.ts'
import { readProperties, writeProperties } from './properties.ts'

/**
 * One delay message to add or to cancel (producer-proxy.md §4). Field 12 is ours. A number of 64 bits that a double cannot
 * hold is read as the nearest that it can, so that it gets a code and not a closed connection.
 */
export class DelayMessage {
  topic: string | undefined = undefined
  uniqDelayMsgId: string | undefined = undefined
  body: Uint8Array | undefined = undefined
  tags: string | undefined = undefined
  /** 1 add, 2 cancel. */
  action = 0
  /** Due time, unix seconds. */
  timestamp: number | undefined = undefined
  /** 2 delay, 3 loop, 4 exponential loop. */
  dmsgtype: number | undefined = undefined
  interval: number | undefined = undefined
  expire: number | undefined = undefined
  times: number | undefined = undefined
  uuid: string | undefined = undefined
  /** Of the due second, 0 to 999. */
  milliseconds: number | undefined = undefined
  version: string | undefined = undefined
  properties: Map<string, string> | undefined = undefined
}

const TOPIC = fieldKey(1, string)
const UNIQ_DELAY_MSG_ID = fieldKey(2, string)
const BODY = fieldKey(3, string)
const TAGS = fieldKey(4, string)
const ACTION = fieldKey(5, i32)
const TIMESTAMP = fieldKey(6, i64)
const DMSGTYPE = fieldKey(7, i32)
const INTERVAL = fieldKey(8, i64)
const EXPIRE = fieldKey(9, i64)
const TIMES = fieldKey(10, i64)
const UUID = fieldKey(11, string)
const MILLISECONDS = fieldKey(12, i32)
const VERSION = fieldKey(13, string)
const PROPERTIES = fieldKey(14, map)

export function readDelayMessage(reader: ThriftReader): DelayMessage {
  const message = new DelayMessage()
  reader.structBegin()
  while (reader.nextField()) {
    if (!readContent(reader, message) && !readSchedule(reader, message)) reader.skip(reader.fieldType)
  }
  reader.structEnd()
  return message
}

function readContent(reader: ThriftReader, message: DelayMessage): boolean {
  switch (keyOf(reader)) {
    case TOPIC:
      message.topic = reader.string()
      return true
    case BODY:
      message.body = reader.binary()
      return true
    case TAGS:
      message.tags = reader.string()
      return true
    case UUID:
      message.uuid = reader.string()
      return true
    case VERSION:
      message.version = reader.string()
      return true
    case PROPERTIES:
      message.properties = readProperties(reader)
      return true
    default:
      return false
  }
}

function readSchedule(reader: ThriftReader, message: DelayMessage): boolean {
  switch (keyOf(reader)) {
    case UNIQ_DELAY_MSG_ID:
      message.uniqDelayMsgId = reader.string()
      return true
    case ACTION:
      message.action = reader.i32()
      return true
    case TIMESTAMP:
      message.timestamp = nearestNumber(reader)
      return true
    case DMSGTYPE:
      message.dmsgtype = reader.i32()
      return true
    case INTERVAL:
      message.interval = nearestNumber(reader)
      return true
    case EXPIRE:
      message.expire = nearestNumber(reader)
      return true
    case TIMES:
      message.times = nearestNumber(reader)
      return true
    case MILLISECONDS:
      message.milliseconds = reader.i32()
      return true
    default:
      return false
  }
}

function nearestNumber(reader: ThriftReader): number {
  reader.i64Words()
  return reader.i64High * 2 ** 32 + (reader.i64Low >>> 0)
}

export function writeDelayMessage(writer: ThriftWriter, message: DelayMessage): void {
  writer.structBegin()
  writeOptionalString(writer, 1, message.topic)
  writeOptionalString(writer, 2, message.uniqDelayMsgId)
  if (message.body !== undefined) {
    writer.field(string, 3)
    writer.binary(message.body)
  }
  writeOptionalString(writer, 4, message.tags)
  writer.field(i32, 5)
  writer.i32(message.action)
  writeOptionalI64(writer, 6, message.timestamp)
  writeOptionalI32(writer, 7, message.dmsgtype)
  writeOptionalI64(writer, 8, message.interval)
  writeOptionalI64(writer, 9, message.expire)
  writeOptionalI64(writer, 10, message.times)
  writeOptionalString(writer, 11, message.uuid)
  writeOptionalI32(writer, 12, message.milliseconds)
  writeOptionalString(writer, 13, message.version)
  if (message.properties !== undefined) {
    writer.field(map, 14)
    writeProperties(writer, message.properties)
  }
  writer.fieldStop()
  writer.structEnd()
}
