import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { ApplicationError, ApplicationExceptionType, type ThriftMethod } from '../thrift/index.ts'
import { fieldKey, keyOf, struct } from './field-key.ts'
import { PullExceptionError, readPullException, writePullException } from './pull-exception.ts'

/** The value in field 0 of a result struct. */
export interface SuccessCodec<Returned> {
  readonly type: number
  read(reader: ThriftReader): Returned
  /** Writes the field's header too: that of a boolean holds the value. */
  writeField(writer: ThriftWriter, value: Returned): void
}

/** How the arguments struct is read and written, without its begin and end. */
export interface ArgsCodec<Args> {
  readonly read: (reader: ThriftReader) => Args
  readonly write: (writer: ThriftWriter, args: Args) => void
}

const ERROR = fieldKey(1, struct)

/** A method whose result struct has a success field 0 and, if declared, a PullException in field 1. */
export function defineMethod<Args, Returned>(
  name: string,
  args: ArgsCodec<Args>,
  success: SuccessCodec<Returned>,
): ThriftMethod<Args, Returned> {
  return {
    name,
    readArgs: args.read,
    writeArgs: args.write,
    readResult: reader => readSuccess(name, reader, success),
    writeResult(writer, value) {
      writer.structBegin()
      success.writeField(writer, value)
      writer.fieldStop()
      writer.structEnd()
    },
  }
}

/** The same with a declared PullException. */
export function withPullException<Args, Returned>(
  method: ThriftMethod<Args, Returned>,
): ThriftMethod<Args, Returned> {
  return { ...method, writeDeclared }
}

function readSuccess<Returned>(
  name: string,
  reader: ThriftReader,
  success: SuccessCodec<Returned>,
): Returned {
  const successKey = fieldKey(0, success.type)
  let found: { readonly value: Returned } | undefined
  reader.structBegin()
  while (reader.nextField()) {
    const key = keyOf(reader)
    if (key === successKey) found = { value: success.read(reader) }
    else if (key === ERROR) throw new PullExceptionError(readPullException(reader))
    else reader.skip(reader.fieldType)
  }
  reader.structEnd()
  if (found !== undefined) return found.value
  throw new ApplicationError(ApplicationExceptionType.missingResult, `the reply to ${name} has no result`)
}

function writeDeclared(writer: ThriftWriter, thrown: unknown): boolean {
  if (!(thrown instanceof PullExceptionError)) return false
  writer.structBegin()
  writer.field(struct, 1)
  writePullException(writer, thrown.exception)
  writer.fieldStop()
  writer.structEnd()
  return true
}
