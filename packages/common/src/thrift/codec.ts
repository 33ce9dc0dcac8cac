/**
 * What a struct codec needs of a protocol. `CompactReader/Writer` and `BinaryReader/Writer` have exactly these members;
 * the codecs of `@ddmq/common/idl` are written against them, one `readX`/`writeX` pair per struct, without closures.
 */
export interface ThriftReader {
  /** Enters a struct; must be paired with `structEnd`. Throws when the nesting limit is passed. */
  structBegin(): void
  structEnd(): void
  /** Reads the next field header into `fieldId`/`fieldType`; false at the stop byte. */
  nextField(): boolean
  readonly fieldId: number
  /** One of `ThriftType`. */
  readonly fieldType: number
  bool(): boolean
  byte(): number
  i16(): number
  i32(): number
  /** A 64-bit integer inside ±(2^53 − 1); throws `WIRE_VALUE_OUT_OF_RANGE` outside. */
  i64(): number
  /** All 64 bits, as the two signed words `i64High`/`i64Low`. */
  i64Words(): void
  readonly i64High: number
  readonly i64Low: number
  double(): number
  string(): string
  /** A view into the frame, not a copy. */
  binary(): Uint8Array
  /** Reads a list or set header; `elementType` is then set. Returns the size, already checked against the bytes left. */
  listBegin(): number
  readonly elementType: number
  /** Reads a map header; `keyType` and `valueType` are then set (0 when the map is empty). */
  mapBegin(): number
  readonly keyType: number
  readonly valueType: number
  skip(type: number): void
}

export interface ThriftWriter {
  structBegin(): void
  structEnd(): void
  field(type: number, id: number): void
  /** Boolean fields carry their value in the header in the compact protocol. */
  boolField(id: number, value: boolean): void
  fieldStop(): void
  bool(value: boolean): void
  byte(value: number): void
  i16(value: number): void
  i32(value: number): void
  i64(value: number): void
  i64Words(high: number, low: number): void
  double(value: number): void
  string(value: string): void
  binary(value: Uint8Array): void
  listBegin(elementType: number, size: number): void
  mapBegin(keyType: number, valueType: number, size: number): void
}

/** Protocol-independent type numbers (those of Thrift's binary protocol). */
export const ThriftType = {
  stop: 0,
  bool: 2,
  byte: 3,
  double: 4,
  i16: 6,
  i32: 8,
  i64: 10,
  string: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
} as const
