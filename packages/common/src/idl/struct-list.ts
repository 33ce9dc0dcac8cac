import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { struct } from './field-key.ts'

/** `list<Struct>`. */
export function readStructList<Struct>(
  reader: ThriftReader,
  readStruct: (reader: ThriftReader) => Struct,
): Struct[] {
  const size = reader.listBegin()
  const { elementType } = reader
  const structs: Struct[] = []
  for (let index = 0; index < size; index++) {
    if (elementType === struct) structs.push(readStruct(reader))
    else reader.skip(elementType)
  }
  return structs
}

export function writeStructList<Struct>(
  writer: ThriftWriter,
  structs: readonly Struct[],
  writeStruct: (writer: ThriftWriter, value: Struct) => void,
): void {
  writer.listBegin(struct, structs.length)
  for (const value of structs) writeStruct(writer, value)
}
