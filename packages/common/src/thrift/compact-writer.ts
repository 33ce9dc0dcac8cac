import { ByteSink } from './byte-sink.ts'
import { ThriftType } from './codec.ts'
import {
  COMPACT_FALSE,
  COMPACT_PROTOCOL_ID,
  COMPACT_TRUE,
  COMPACT_VERSION,
  TO_COMPACT,
} from './compact-types.ts'
import { highWord } from './int64.ts'
import type { ProtocolWriter } from './protocol.ts'

/** Thrift's compact protocol, version 1. Hot path: measured by `ddmq bench codec`. */
export class CompactWriter extends ByteSink implements ProtocolWriter {
  #lastId = 0
  /** The last field id of each open struct but the innermost. */
  readonly #outerIds: number[] = []

  override reset(): void {
    super.reset()
    this.#forgetStructs()
  }

  override truncate(length: number): void {
    super.truncate(length)
    this.#forgetStructs()
  }

  messageBegin(name: string, type: number, sequenceId: number): void {
    this.u8(COMPACT_PROTOCOL_ID)
    this.u8((type << 5) | COMPACT_VERSION)
    this.#varint32(sequenceId)
    this.string(name)
  }

  structBegin(): void {
    this.#outerIds.push(this.#lastId)
    this.#lastId = 0
  }

  structEnd(): void {
    this.#lastId = this.#outerIds.pop() ?? 0
  }

  field(type: number, id: number): void {
    this.#fieldHeader(TO_COMPACT[type] ?? 0, id)
  }

  boolField(id: number, value: boolean): void {
    this.#fieldHeader(value ? COMPACT_TRUE : COMPACT_FALSE, id)
  }

  fieldStop(): void {
    this.u8(ThriftType.stop)
  }

  bool(value: boolean): void {
    this.u8(value ? COMPACT_TRUE : COMPACT_FALSE)
  }

  byte(value: number): void {
    this.u8(value)
  }

  i16(value: number): void {
    this.i32(value)
  }

  i32(value: number): void {
    this.#varint32((value << 1) ^ (value >> 31))
  }

  i64(value: number): void {
    // For 32-bit values both widths have the same bytes.
    if (value === (value | 0) && value < 0x4000_0000 && value >= -0x4000_0000) this.i32(value)
    else this.i64Words(highWord(value), value | 0)
  }

  i64Words(high: number, low: number): void {
    const sign = high >> 31
    let zigzagLow = ((low << 1) ^ sign) >>> 0
    let zigzagHigh = (((high << 1) | (low >>> 31)) ^ sign) >>> 0
    while (zigzagHigh !== 0 || zigzagLow > 0x7f) {
      this.u8((zigzagLow & 0x7f) | 0x80)
      zigzagLow = ((zigzagLow >>> 7) | (zigzagHigh << 25)) >>> 0
      zigzagHigh >>>= 7
    }
    this.u8(zigzagLow)
  }

  double(value: number): void {
    this.littleEndianDouble(value)
  }

  string(value: string): void {
    const mark = this.length
    // Of ASCII the size is known before the bytes are.
    this.#varint32(value.length)
    if (this.asciiText(value)) return
    super.truncate(mark)
    const size = Buffer.byteLength(value, 'utf8')
    this.#varint32(size)
    this.utf8Text(value, size)
  }

  binary(value: Uint8Array): void {
    this.#varint32(value.length)
    this.raw(value)
  }

  listBegin(elementType: number, size: number): void {
    const type = TO_COMPACT[elementType] ?? 0
    if (size < 15) {
      this.u8((size << 4) | type)
    } else {
      this.u8(0xf0 | type)
      this.#varint32(size)
    }
  }

  mapBegin(keyType: number, valueType: number, size: number): void {
    this.#varint32(size)
    if (size > 0) this.u8(((TO_COMPACT[keyType] ?? 0) << 4) | (TO_COMPACT[valueType] ?? 0))
  }

  #fieldHeader(type: number, id: number): void {
    const delta = id - this.#lastId
    if (delta > 0 && delta <= 15) {
      this.u8((delta << 4) | type)
    } else {
      this.u8(type)
      this.i16(id)
    }
    this.#lastId = id
  }

  #varint32(value: number): void {
    let rest = value >>> 0
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.u8(rest)
  }

  #forgetStructs(): void {
    this.#lastId = 0
    this.#outerIds.length = 0
  }
}
