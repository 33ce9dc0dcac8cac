import { ByteSource } from './byte-source.ts'
import { ThriftType } from './codec.ts'
import { BadHeaderError, MalformedError } from './errors.ts'
import { fromWords } from './int64.ts'
import type { ProtocolReader } from './protocol.ts'
import { isNumeric, skipValue } from './skip.ts'

/** Version and type of strict headers: 0x8001 in the upper half. */
export const BINARY_VERSION = 0x8001_0000 | 0
const VERSION_MASK = 0xffff_0000 | 0

const { bool, byte, double, i16, i32, i64, string, struct, map, set, list } = ThriftType

/** Index = type; the fewest bytes a value can have, 0 = there is no such type. */
const MIN_BYTES = new Uint8Array(256)
MIN_BYTES[bool] = 1
MIN_BYTES[byte] = 1
MIN_BYTES[double] = 8
MIN_BYTES[i16] = 2
MIN_BYTES[i32] = 4
MIN_BYTES[i64] = 8
MIN_BYTES[string] = 4
MIN_BYTES[struct] = 1
MIN_BYTES[map] = 6
MIN_BYTES[set] = 5
MIN_BYTES[list] = 5

/** Thrift's binary protocol; message headers with and without the version. */
export class BinaryReader extends ByteSource implements ProtocolReader {
  fieldId = 0
  fieldType = 0
  elementType = 0
  keyType = 0
  valueType = 0
  i64High = 0
  i64Low = 0
  messageName = ''
  messageType = 0
  sequenceId = 0

  messageBegin(): void {
    const word = this.i32()
    if (word >= 0) {
      // An old header: the word is the size of the name.
      this.messageName = this.text(word)
      this.messageType = this.u8()
    } else {
      if ((word & VERSION_MASK) !== BINARY_VERSION) {
        throw new BadHeaderError(`0x${(word >>> 0).toString(16)} begins no binary message`)
      }
      this.messageType = word & 0xff
      this.messageName = this.string()
    }
    this.sequenceId = this.i32()
  }

  structBegin(): void {
    this.enter()
  }

  structEnd(): void {
    this.leave()
  }

  nextField(): boolean {
    const type = this.u8()
    if (type === ThriftType.stop) return false
    this.fieldType = knownType(type)
    this.fieldId = this.i16()
    return true
  }

  bool(): boolean {
    return this.u8() !== 0
  }

  byte(): number {
    return (this.u8() << 24) >> 24
  }

  i16(): number {
    return this.bigEndianI16()
  }

  i32(): number {
    return this.bigEndianI32()
  }

  i64(): number {
    this.i64Words()
    return fromWords(this.i64High, this.i64Low)
  }

  i64Words(): void {
    this.i64High = this.bigEndianI32()
    this.i64Low = this.bigEndianI32()
  }

  double(): number {
    return this.bigEndianDouble()
  }

  string(): string {
    return this.text(this.#size())
  }

  binary(): Uint8Array {
    return this.view(this.#size())
  }

  listBegin(): number {
    this.elementType = this.u8()
    const size = this.i32()
    if (size === 0) return 0
    this.checkElements(size, minBytes(this.elementType), isNumeric(this.elementType))
    return size
  }

  mapBegin(): number {
    this.keyType = this.u8()
    this.valueType = this.u8()
    const size = this.i32()
    if (size === 0) {
      this.keyType = 0
      this.valueType = 0
      return 0
    }
    this.checkElements(size, minBytes(this.keyType) + minBytes(this.valueType), false)
    return size
  }

  skip(type: number): void {
    skipValue(this, type)
  }

  #size(): number {
    const size = this.i32()
    if (size < 0) throw new MalformedError(`a size is ${size}`)
    return size
  }
}

function minBytes(type: number): number {
  return MIN_BYTES[knownType(type)] ?? 0
}

function knownType(type: number): number {
  if (MIN_BYTES[type] === 0) throw new MalformedError(`there is no type ${type}`)
  return type
}
