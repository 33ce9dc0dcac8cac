import type { ThriftWriter } from '../thrift/index.ts'
import { i32, i64, string } from './field-key.ts'

/** Fields that are left out while they are not set. */
export function writeOptionalString(writer: ThriftWriter, id: number, value: string | undefined): void {
  if (value === undefined) return
  writer.field(string, id)
  writer.string(value)
}

export function writeOptionalI32(writer: ThriftWriter, id: number, value: number | undefined): void {
  if (value === undefined) return
  writer.field(i32, id)
  writer.i32(value)
}

export function writeOptionalI64(writer: ThriftWriter, id: number, value: number | undefined): void {
  if (value === undefined) return
  writer.field(i64, id)
  writer.i64(value)
}
