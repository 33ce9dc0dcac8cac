import thrift, { type Int64 as ThriftInt64, type TProtocol } from 'thrift'
import type { ProtocolName } from '../../src/thrift/index.ts'
import type { IdlDocument, IdlStruct, IdlType } from './idl-document.ts'

/**
 * Structs as Apache Thrift's own generators would write and read them, driven by a parsed .thrift file and by the `thrift`
 * package's protocols. i64 values are bigints, maps are Maps, absent members are left out.
 */
export type OracleStruct = { readonly [name: string]: OracleValue | undefined }
export type OracleValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly OracleValue[]
  | ReadonlyMap<OracleValue, OracleValue>
  | OracleStruct

const { TBinaryProtocol, TBufferedTransport, TCompactProtocol, Thrift, Int64 } = thrift

const WIRE_TYPES = {
  bool: Thrift.Type.BOOL,
  i32: Thrift.Type.I32,
  i64: Thrift.Type.I64,
  string: Thrift.Type.STRING,
  binary: Thrift.Type.STRING,
  list: Thrift.Type.LIST,
  map: Thrift.Type.MAP,
  struct: Thrift.Type.STRUCT,
} as const

type Transport = ConstructorParameters<typeof TCompactProtocol>[0]

function createOracleProtocol(protocol: ProtocolName, transport: unknown): TProtocol {
  return protocol === 'compact'
    ? new TCompactProtocol(transport as Transport)
    : new TBinaryProtocol(transport as Transport)
}

/** The bytes that `write` produces. */
export function oracleBytes(protocol: ProtocolName, write: (output: TProtocol) => void): Buffer {
  let written: Buffer = Buffer.alloc(0)
  const transport = new TBufferedTransport(undefined, bytes => {
    written = Buffer.from(bytes as unknown as Uint8Array)
  })
  const output = createOracleProtocol(protocol, transport)
  write(output)
  output.flush()
  return written
}

export function oracleReader(protocol: ProtocolName, bytes: Uint8Array): TProtocol {
  let reader: unknown
  const receive = TBufferedTransport.receiver(transport => {
    reader = transport
  }, 0)
  receive(Buffer.from(bytes))
  return createOracleProtocol(protocol, reader)
}

export function writeOracleStruct(
  output: TProtocol,
  document: IdlDocument,
  struct: IdlStruct,
  value: OracleStruct,
): void {
  output.writeStructBegin(struct.name)
  for (const field of struct.fields) {
    const member = value[field.name]
    if (member === undefined) continue
    output.writeFieldBegin(field.name, WIRE_TYPES[field.type.kind], field.id)
    writeValue(output, document, field.type, member)
    output.writeFieldEnd()
  }
  output.writeFieldStop()
  output.writeStructEnd()
}

export function readOracleStruct(input: TProtocol, document: IdlDocument, struct: IdlStruct): OracleStruct {
  const value: Record<string, OracleValue> = {}
  input.readStructBegin()
  for (;;) {
    const { ftype, fid } = input.readFieldBegin()
    if (ftype === Thrift.Type.STOP) break
    const field = struct.fields.find(candidate => candidate.id === fid)
    if (field !== undefined && WIRE_TYPES[field.type.kind] === ftype) {
      value[field.name] = readValue(input, document, field.type)
    } else {
      input.skip(ftype)
    }
    input.readFieldEnd()
  }
  input.readStructEnd()
  return value
}

function writeValue(output: TProtocol, document: IdlDocument, type: IdlType, value: OracleValue): void {
  switch (type.kind) {
    case 'bool':
      return output.writeBool(value as boolean)
    case 'i32':
      return output.writeI32(value as number)
    case 'i64':
      return output.writeI64(toInt64(value as bigint))
    case 'string':
      return output.writeString(value as string)
    case 'binary':
      return output.writeBinary(Buffer.from(value as Uint8Array))
    case 'struct':
      return writeOracleStruct(output, document, structOf(document, type.name), value as OracleStruct)
    case 'list': {
      const elements = value as readonly OracleValue[]
      output.writeListBegin(WIRE_TYPES[type.element.kind], elements.length)
      for (const element of elements) writeValue(output, document, type.element, element)
      return output.writeListEnd()
    }
    case 'map': {
      const entries = value as ReadonlyMap<OracleValue, OracleValue>
      output.writeMapBegin(WIRE_TYPES[type.key.kind], WIRE_TYPES[type.value.kind], entries.size)
      for (const [key, member] of entries) {
        writeValue(output, document, type.key, key)
        writeValue(output, document, type.value, member)
      }
      return output.writeMapEnd()
    }
  }
}

function readValue(input: TProtocol, document: IdlDocument, type: IdlType): OracleValue {
  switch (type.kind) {
    case 'bool':
      return input.readBool()
    case 'i32':
      return input.readI32()
    case 'i64':
      return fromInt64(input.readI64())
    case 'string':
      return input.readString()
    case 'binary':
      return new Uint8Array(input.readBinary())
    case 'struct':
      return readOracleStruct(input, document, structOf(document, type.name))
    case 'list': {
      const { size } = input.readListBegin()
      return Array.from({ length: size }, () => readValue(input, document, type.element))
    }
    case 'map':
      break
  }
  return readMap(input, document, type)
}

function readMap(
  input: TProtocol,
  document: IdlDocument,
  type: Extract<IdlType, { kind: 'map' }>,
): OracleValue {
  const { size } = input.readMapBegin()
  const entries = new Map<OracleValue, OracleValue>()
  for (let index = 0; index < size; index++) {
    const key = readValue(input, document, type.key)
    entries.set(key, readValue(input, document, type.value))
  }
  return entries
}

export function structOf(document: IdlDocument, name: string): IdlStruct {
  const struct = document.structs.get(name)
  if (struct === undefined) throw new Error(`no struct ${name}`)
  return struct
}

function toInt64(value: bigint): ThriftInt64 {
  return new Int64(Number((value >> 32n) & 0xffff_ffffn), Number(value & 0xffff_ffffn))
}

function fromInt64(value: ThriftInt64): bigint {
  return value.buffer.readBigInt64BE(value.offset)
}
