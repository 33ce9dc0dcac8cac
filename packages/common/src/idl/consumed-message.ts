import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { fieldKey, i64, keyOf, map, string } from './field-key.ts'
import { writeOptionalString } from './optional-field.ts'
import { readProperties, writeProperties } from './properties.ts'

/** `Message` of the consumer service. The value is a view into the frame it came in. */
export interface ConsumedMessage {
  readonly key: string | undefined
  readonly value: Uint8Array | undefined
  readonly tag: string | undefined
  readonly offset: number
  readonly properties: ReadonlyMap<string, string> | undefined
}

const KEY = fieldKey(1, string)
const VALUE = fieldKey(2, string)
const TAG = fieldKey(3, string)
const OFFSET = fieldKey(4, i64)
const PROPERTIES = fieldKey(5, map)

export function readConsumedMessage(reader: ThriftReader): ConsumedMessage {
  let key: string | undefined
  let value: Uint8Array | undefined
  let tag: string | undefined
  let offset = 0
  let properties: Map<string, string> | undefined
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case KEY:
        key = reader.string()
        break
      case VALUE:
        value = reader.binary()
        break
      case TAG:
        tag = reader.string()
        break
      case OFFSET:
        offset = reader.i64()
        break
      case PROPERTIES:
        properties = readProperties(reader)
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return { key, value, tag, offset, properties }
}

export function writeConsumedMessage(writer: ThriftWriter, message: ConsumedMessage): void {
  writer.structBegin()
  writeOptionalString(writer, 1, message.key)
  if (message.value !== undefined) {
    writer.field(string, 2)
    writer.binary(message.value)
  }
  writeOptionalString(writer, 3, message.tag)
  writer.field(i64, 4)
  writer.i64(message.offset)
  if (message.properties !== undefined) {
    writer.field(map, 5)
    writeProperties(writer, message.properties)
  }
  writer.fieldStop()
  writer.structEnd()
}
