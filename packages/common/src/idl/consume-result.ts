import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { type Context, readContext, writeContext } from './context.ts'
import { fieldKey, keyOf, list, struct } from './field-key.ts'
import { readOffsetList, writeOffsetList } from './offsets.ts'

/** What became of pulled messages: one element per context, chained by `nextResult`. */
export interface ConsumeResult {
  readonly context?: Context | undefined
  readonly successOffsets?: readonly number[] | undefined
  readonly failOffsets?: readonly number[] | undefined
  readonly nextResult?: ConsumeResult | undefined
}

type Mutable<Struct> = { -readonly [Key in keyof Struct]: Struct[Key] }

const CONTEXT = fieldKey(1, struct)
const SUCCESS_OFFSETS = fieldKey(3, list)
const FAIL_OFFSETS = fieldKey(4, list)
const NEXT_RESULT_ID = 10
const NEXT_RESULT = fieldKey(NEXT_RESULT_ID, struct)

/** The chain is as long as the client likes, so it is read and written by loops: its length costs no stack. */
export function readConsumeResult(reader: ThriftReader): ConsumeResult {
  const first = enterResult(reader)
  const open = [first]
  for (
    let current: Mutable<ConsumeResult> | undefined = first;
    current !== undefined;
    current = open.at(-1)
  ) {
    if (!reader.nextField()) {
      reader.structEnd()
      open.pop()
    } else if (keyOf(reader) === NEXT_RESULT) {
      const next = enterResult(reader)
      current.nextResult = next
      open.push(next)
    } else {
      readOwnField(reader, current)
    }
  }
  return first
}

export function writeConsumeResult(writer: ThriftWriter, result: ConsumeResult): void {
  let depth = 0
  for (let current: ConsumeResult | undefined = result; current !== undefined; current = current.nextResult) {
    if (depth > 0) writer.field(struct, NEXT_RESULT_ID)
    writer.structBegin()
    writeOwnFields(writer, current)
    depth += 1
  }
  for (; depth > 0; depth--) {
    writer.fieldStop()
    writer.structEnd()
  }
}

function enterResult(reader: ThriftReader): Mutable<ConsumeResult> {
  reader.structBegin()
  return { context: undefined, successOffsets: undefined, failOffsets: undefined, nextResult: undefined }
}

function readOwnField(reader: ThriftReader, result: Mutable<ConsumeResult>): void {
  switch (keyOf(reader)) {
    case CONTEXT:
      result.context = readContext(reader)
      break
    case SUCCESS_OFFSETS:
      result.successOffsets = readOffsetList(reader)
      break
    case FAIL_OFFSETS:
      result.failOffsets = readOffsetList(reader)
      break
    default:
      reader.skip(reader.fieldType)
  }
}

function writeOwnFields(writer: ThriftWriter, result: ConsumeResult): void {
  if (result.context !== undefined) {
    writer.field(struct, 1)
    writeContext(writer, result.context)
  }
  if (result.successOffsets !== undefined) {
    writer.field(list, 3)
    writeOffsetList(writer, result.successOffsets)
  }
  if (result.failOffsets !== undefined) {
    writer.field(list, 4)
    writeOffsetList(writer, result.failOffsets)
  }
}
