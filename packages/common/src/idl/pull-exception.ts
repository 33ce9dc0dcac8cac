import { DeclaredExceptionError, type ThriftReader, type ThriftWriter } from '../thrift/index.ts'
import { fieldKey, i32, keyOf, string } from './field-key.ts'

/** Declared exception of pull, submit and getConsumeStats; no original server ever sends it. */
export interface PullException {
  readonly code: number
  readonly message: string
}

/** Thrown by a handler to answer with a PullException, and by the client that receives one. */
export class PullExceptionError extends DeclaredExceptionError {
  readonly exception: PullException

  constructor(exception: PullException) {
    super(exception.message, { details: { code: exception.code } })
    this.exception = exception
  }
}

const CODE = fieldKey(1, i32)
const MESSAGE = fieldKey(2, string)

export function readPullException(reader: ThriftReader): PullException {
  let code = 0
  let message = ''
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case CODE:
        code = reader.i32()
        break
      case MESSAGE:
        message = reader.string()
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return { code, message }
}

export function writePullException(writer: ThriftWriter, exception: PullException): void {
  writer.structBegin()
  writer.field(i32, 1)
  writer.i32(exception.code)
  writer.field(string, 2)
  writer.string(exception.message)
  writer.fieldStop()
  writer.structEnd()
}
