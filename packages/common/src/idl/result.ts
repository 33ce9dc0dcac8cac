import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { fieldKey, i32, keyOf, string } from './field-key.ts'
import { writeOptionalString } from './optional-field.ts'

export interface Result {
  readonly code: number
  readonly msg: string
  readonly key?: string | undefined
}

export interface DelayResult {
  readonly code: number
  readonly msg: string
  readonly uniqDelayMsgId?: string | undefined
}

const CODE = fieldKey(1, i32)
const MSG = fieldKey(2, string)
/** `key` of a Result, `uniqDelayMsgId` of a DelayResult. */
const THIRD = fieldKey(3, string)

export function readResult(reader: ThriftReader): Result {
  const { code, msg, third } = readThree(reader)
  return { code, msg, key: third }
}

export function readDelayResult(reader: ThriftReader): DelayResult {
  const { code, msg, third } = readThree(reader)
  return { code, msg, uniqDelayMsgId: third }
}

export function writeResult(writer: ThriftWriter, result: Result): void {
  writeThree(writer, result, result.key)
}

export function writeDelayResult(writer: ThriftWriter, result: DelayResult): void {
  writeThree(writer, result, result.uniqDelayMsgId)
}

function readThree(reader: ThriftReader): { code: number; msg: string; third: string | undefined } {
  let code = 0
  let msg = ''
  let third: string | undefined
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case CODE:
        code = reader.i32()
        break
      case MSG:
        msg = reader.string()
        break
      case THIRD:
        third = reader.string()
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return { code, msg, third }
}

function writeThree(
  writer: ThriftWriter,
  { code, msg }: { readonly code: number; readonly msg: string },
  third: string | undefined,
): void {
  writer.structBegin()
  writer.field(i32, 1)
  writer.i32(code)
  writer.field(string, 2)
  writer.string(msg)
  writeOptionalString(writer, 3, third)
  writer.fieldStop()
  writer.structEnd()
}
