import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { string } from './field-key.ts'

/** `map<string, string>`. Of a map with other types nothing is kept, as Thrift does with a field of the wrong type. */
export function readProperties(reader: ThriftReader): Map<string, string> {
  const size = reader.mapBegin()
  const { keyType, valueType } = reader
  const properties = new Map<string, string>()
  const known = keyType === string && valueType === string
  for (let index = 0; index < size; index++) {
    if (known) {
      const key = reader.string()
      properties.set(key, reader.string())
    } else {
      reader.skip(keyType)
      reader.skip(valueType)
    }
  }
  return properties
}

export function writeProperties(writer: ThriftWriter, properties: ReadonlyMap<string, string>): void {
  writer.mapBegin(string, string, properties.size)
  for (const [key, value] of properties) {
    writer.string(key)
    writer.string(value)
  }
}
