import { BINARY_VERSION } from './binary-reader.ts'
import { ByteSink } from './byte-sink.ts'
import { ThriftType } from './codec.ts'
import { highWord } from './int64.ts'
import type { ProtocolWriter } from './protocol.ts'

/** Thrift's binary protocol with strict message headers. */
export class BinaryWriter extends ByteSink implements ProtocolWriter {
  messageBegin(name: string, type: number, sequenceId: number): void {
    this.i32(BINARY_VERSION | type)
    this.string(name)
    this.i32(sequenceId)
  }

  structBegin(): void {
    // Structs have no header here.
  }

  structEnd(): void {
    // Structs have no trailer here.
  }

  field(type: number, id: number): void {
    this.u8(type)
    this.i16(id)
  }

  boolField(id: number, value: boolean): void {
    this.field(ThriftType.bool, id)
    this.bool(value)
  }

  fieldStop(): void {
    this.u8(ThriftType.stop)
  }

  bool(value: boolean): void {
    this.u8(value ? 1 : 0)
  }

  byte(value: number): void {
    this.u8(value)
  }

  i16(value: number): void {
    this.bigEndianI16(value)
  }

  i32(value: number): void {
    this.bigEndianI32(value)
  }

  i64(value: number): void {
    this.i64Words(highWord(value), value | 0)
  }

  i64Words(high: number, low: number): void {
    this.i32(high)
    this.i32(low)
  }

  double(value: number): void {
    this.bigEndianDouble(value)
  }

  string(value: string): void {
    const size = Buffer.byteLength(value, 'utf8')
    this.i32(size)
    this.utf8Text(value, size)
  }

  binary(value: Uint8Array): void {
    this.i32(value.length)
    this.raw(value)
  }

  listBegin(elementType: number, size: number): void {
    this.u8(elementType)
    this.i32(size)
  }

  mapBegin(keyType: number, valueType: number, size: number): void {
    this.u8(keyType)
    this.u8(valueType)
    this.i32(size)
  }
}
