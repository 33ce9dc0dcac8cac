import { MAX_SKIP_DEPTH } from './byte-source.ts'
import { type ThriftReader, ThriftType } from './codec.ts'
import { LimitExceededError, MalformedError } from './errors.ts'

/** Elements of these types are numbers to us: a list of them costs no more memory than a few times its bytes. */
export function isNumeric(type: number): boolean {
  return type >= ThriftType.bool && type <= ThriftType.i64
}

/** Reads over one value of any type. */
export function skipValue(reader: ThriftReader, type: number): void {
  skip(reader, type, 0)
}

function skip(reader: ThriftReader, type: number, depth: number): void {
  if (depth > MAX_SKIP_DEPTH) {
    throw new LimitExceededError(`an unknown field is nested deeper than ${MAX_SKIP_DEPTH}`)
  }
  switch (type) {
    case ThriftType.struct:
      return skipStruct(reader, depth)
    case ThriftType.map:
      return skipMap(reader, depth)
    case ThriftType.list:
    case ThriftType.set:
      return skipList(reader, depth)
    default:
      skipScalar(reader, type)
  }
}

function skipScalar(reader: ThriftReader, type: number): void {
  switch (type) {
    case ThriftType.bool:
      reader.bool()
      break
    case ThriftType.byte:
      reader.byte()
      break
    case ThriftType.double:
      reader.double()
      break
    case ThriftType.i16:
      reader.i16()
      break
    case ThriftType.i32:
      reader.i32()
      break
    case ThriftType.i64:
      reader.i64Words()
      break
    case ThriftType.string:
      reader.binary()
      break
    default:
      throw new MalformedError(`there is no type ${type}`)
  }
}

function skipStruct(reader: ThriftReader, depth: number): void {
  reader.structBegin()
  while (reader.nextField()) skip(reader, reader.fieldType, depth + 1)
  reader.structEnd()
}

function skipMap(reader: ThriftReader, depth: number): void {
  const size = reader.mapBegin()
  const { keyType, valueType } = reader
  for (let index = 0; index < size; index++) {
    skip(reader, keyType, depth + 1)
    skip(reader, valueType, depth + 1)
  }
}

function skipList(reader: ThriftReader, depth: number): void {
  const size = reader.listBegin()
  const { elementType } = reader
  for (let index = 0; index < size; index++) skip(reader, elementType, depth + 1)
}
