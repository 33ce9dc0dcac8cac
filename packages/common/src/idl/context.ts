import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { fieldKey, keyOf, string } from './field-key.ts'
import { writeOptionalString } from './optional-field.ts'

/** Where messages of one pull came from; clients send it back unread. */
export interface Context {
  readonly groupId?: string | undefined
  readonly topic?: string | undefined
  readonly qid?: string | undefined
}

const GROUP_ID = fieldKey(1, string)
const TOPIC = fieldKey(2, string)
const QID = fieldKey(3, string)

export function readContext(reader: ThriftReader): Context {
  let groupId: string | undefined
  let topic: string | undefined
  let qid: string | undefined
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case GROUP_ID:
        groupId = reader.string()
        break
      case TOPIC:
        topic = reader.string()
        break
      case QID:
        qid = reader.string()
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return { groupId, topic, qid }
}

export function writeContext(writer: ThriftWriter, context: Context): void {
  writer.structBegin()
  writeOptionalString(writer, 1, context.groupId)
  writeOptionalString(writer, 2, context.topic)
  writeOptionalString(writer, 3, context.qid)
  writer.fieldStop()
  writer.structEnd()
}
