import { type ThriftReader, ThriftType, type ThriftWriter } from './codec.ts'
import { ApplicationError } from './errors.ts'

/** Why a server could not answer with a result. */
export const ApplicationExceptionType = {
  unknown: 0,
  unknownMethod: 1,
  missingResult: 5,
  internalError: 6,
  protocolError: 7,
} as const

export function writeApplicationException(writer: ThriftWriter, type: number, message: string): void {
  writer.structBegin()
  writer.field(ThriftType.string, 1)
  writer.string(message)
  writer.field(ThriftType.i32, 2)
  writer.i32(type)
  writer.fieldStop()
  writer.structEnd()
}

export function readApplicationException(reader: ThriftReader): ApplicationError {
  let message = ''
  let type: number = ApplicationExceptionType.unknown
  reader.structBegin()
  while (reader.nextField()) {
    const { fieldId, fieldType } = reader
    if (fieldId === 1 && fieldType === ThriftType.string) message = reader.string()
    else if (fieldId === 2 && fieldType === ThriftType.i32) type = reader.i32()
    else reader.skip(fieldType)
  }
  reader.structEnd()
  return new ApplicationError(type, message)
}
