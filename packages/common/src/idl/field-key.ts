import { MissingFieldError, type ThriftReader, ThriftType } from '../thrift/index.ts'

/**
 * A field's id and type in one number, so that one `switch` finds a known field and lets one of the wrong type fall
 * through to `skip`, as Thrift does.
 */
export function fieldKey(id: number, type: number): number {
  return (id << 4) | type
}

/** The key of the field whose header was just read. */
export function keyOf(reader: ThriftReader): number {
  return (reader.fieldId << 4) | reader.fieldType
}

/** The value of a required field. `field` is `Struct.field`. */
export function required<Value>(value: Value | undefined, field: string): Value {
  if (value === undefined) throw new MissingFieldError(`required field ${field} is missing`)
  return value
}

export const { bool, i32, i64, string, struct, map, list } = ThriftType
