import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { fieldKey, i32, i64, keyOf, map, string } from './field-key.ts'
import { readProperties, writeProperties } from './properties.ts'

/** One message to publish. The class fixes the field order so that every instance has one hidden shape. */
export class Message {
  topic: string | undefined = undefined
  key: string | undefined = undefined
  /** Body as text of old SDKs, as the bytes received; used only when `body` is absent. */
  value: Uint8Array | undefined = undefined
  /** The 64 bits of `hashId`, as two signed 32-bit words. */
  hashIdHigh = 0
  hashIdLow = 0
  tags: string | undefined = undefined
  /** ≥ 0 explicit, −1 by hashId, ≤ −2 random. */
  partitionId = -1
  body: Uint8Array | undefined = undefined
  version: string | undefined = undefined
  properties: Map<string, string> | undefined = undefined
}

const TOPIC = fieldKey(1, string)
const KEY = fieldKey(2, string)
const VALUE = fieldKey(3, string)
const HASH_ID = fieldKey(4, i64)
const TAGS = fieldKey(5, string)
const PARTITION_ID = fieldKey(6, i32)
const BODY = fieldKey(7, string)
const VERSION = fieldKey(8, string)
const PROPERTIES = fieldKey(9, map)

/** Hot path: measured by `ddmq bench codec`. */
export function readMessage(reader: ThriftReader): Message {
  const message = new Message()
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case TOPIC:
        message.topic = reader.string()
        break
      case KEY:
        message.key = reader.string()
        break
      case VALUE:
        message.value = reader.binary()
        break
      case HASH_ID:
        reader.i64Words()
        message.hashIdHigh = reader.i64High
        message.hashIdLow = reader.i64Low
        break
      case TAGS:
        message.tags = reader.string()
        break
      case PARTITION_ID:
        message.partitionId = reader.i32()
        break
      case BODY:
        message.body = reader.binary()
        break
      case VERSION:
        message.version = reader.string()
        break
      case PROPERTIES:
        message.properties = readProperties(reader)
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return message
}

/** Hot path: measured by `ddmq bench codec`. */
export function writeMessage(writer: ThriftWriter, message: Message): void {
  writer.structBegin()
  if (message.topic !== undefined) {
    writer.field(string, 1)
    writer.string(message.topic)
  }
  if (message.key !== undefined) {
    writer.field(string, 2)
    writer.string(message.key)
  }
  if (message.value !== undefined) {
    writer.field(string, 3)
    writer.binary(message.value)
  }
  writer.field(i64, 4)
  writer.i64Words(message.hashIdHigh, message.hashIdLow)
  if (message.tags !== undefined) {
    writer.field(string, 5)
    writer.string(message.tags)
  }
  writer.field(i32, 6)
  writer.i32(message.partitionId)
  if (message.body !== undefined) {
    writer.field(string, 7)
    writer.binary(message.body)
  }
  if (message.version !== undefined) {
    writer.field(string, 8)
    writer.string(message.version)
  }
  if (message.properties !== undefined) {
    writer.field(map, 9)
    writeProperties(writer, message.properties)
  }
  writer.fieldStop()
  writer.structEnd()
}
