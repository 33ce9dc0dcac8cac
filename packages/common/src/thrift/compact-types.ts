import { ThriftType } from './codec.ts'

/** First byte of every compact message. */
export const COMPACT_PROTOCOL_ID = 0x82
export const COMPACT_VERSION = 1

/** A boolean's value stands in the type of its field header. */
export const COMPACT_TRUE = 1
export const COMPACT_FALSE = 2

const { bool, byte, double, i16, i32, i64, string, struct, map, set, list } = ThriftType

/** Index = compact type; 0 = there is no such type. */
export const FROM_COMPACT = Uint8Array.of(
  0,
  bool,
  bool,
  byte,
  i16,
  i32,
  i64,
  double,
  string,
  list,
  set,
  map,
  struct,
  0,
  0,
  0,
)

/** Index = `ThriftType`. */
export const TO_COMPACT = new Uint8Array(16)
TO_COMPACT[bool] = COMPACT_TRUE
TO_COMPACT[byte] = 3
TO_COMPACT[i16] = 4
TO_COMPACT[i32] = 5
TO_COMPACT[i64] = 6
TO_COMPACT[double] = 7
TO_COMPACT[string] = 8
TO_COMPACT[list] = 9
TO_COMPACT[set] = 10
TO_COMPACT[map] = 11
TO_COMPACT[struct] = 12
