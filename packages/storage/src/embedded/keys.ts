/**
 * Keys of the one column family; see SPEC.md for the table. Numbers are big-endian, so that byte order is numeric order.
 * An offset is 8 bytes; only safe integers occur.
 */
const META = 0x00
const TOPIC = 0x01
const BLOCK = 0x02
const STATE = 0x03
const GROUP = 0x04
const TRANSACTOR = 0x05
const TABLE_RECORD = 0x06
const TABLE_KEY = 0x07
const TOMBSTONE = 0x08
const EPOCHS = 0x09

const TWO_32 = 0x1_0000_0000

/** Kinds of keys that belong to one topic: all go with it. */
export const TOPIC_KINDS = [BLOCK, STATE, TABLE_RECORD, TABLE_KEY, TOMBSTONE, EPOCHS] as const

/** Where a partition's keys are. */
export interface PartitionAddress {
  readonly topicNumber: number
  readonly partition: number
}

export interface KeyRange {
  readonly gte: Buffer
  readonly lt: Buffer
}

export const metaKey = (name: 'format' | 'epoch' | 'nextTopic'): Buffer => text(META, name)

export function topicKey(topicNumber: number): Buffer {
  const key = Buffer.alloc(5)
  key[0] = TOPIC
  key.writeUInt32BE(topicNumber, 1)
  return key
}

export const stateKey = (at: PartitionAddress): Buffer => prefix(STATE, at, 9)
export const epochsKey = (at: PartitionAddress): Buffer => prefix(EPOCHS, at, 9)
/** By the last offset of the block, so that the block with an offset is the first at or after it. */
export const blockKey = (at: PartitionAddress, lastOffset: number): Buffer =>
  withOffset(BLOCK, at, lastOffset)
export const tableRecordKey = (at: PartitionAddress, offset: number): Buffer =>
  withOffset(TABLE_RECORD, at, offset)
export const tombstoneKey = (at: PartitionAddress, offset: number): Buffer =>
  withOffset(TOMBSTONE, at, offset)

export function tableKeyKey(at: PartitionAddress, recordKey: Uint8Array): Buffer {
  const key = prefix(TABLE_KEY, at, 9 + recordKey.length)
  key.set(recordKey, 9)
  return key
}

export function groupKey(group: string, at: PartitionAddress): Buffer {
  const name = Buffer.from(group)
  const key = Buffer.alloc(11 + name.length)
  key[0] = GROUP
  key.writeUInt16BE(name.length, 1)
  key.set(name, 3)
  key.writeUInt32BE(at.topicNumber, 3 + name.length)
  key.writeUInt32BE(at.partition, 7 + name.length)
  return key
}

export function parseGroupKey(key: Buffer): PartitionAddress & { readonly group: string } {
  const end = 3 + key.readUInt16BE(1)
  return {
    group: key.toString('utf8', 3, end),
    topicNumber: key.readUInt32BE(end),
    partition: key.readUInt32BE(end + 4),
  }
}

export const transactorKey = (id: string): Buffer => text(TRANSACTOR, id)
export const parseTransactorKey = (key: Buffer): string => key.toString('utf8', 1)

export const allTopics = (): KeyRange => kindRange(TOPIC)
export const allGroups = (): KeyRange => kindRange(GROUP)
export const allTransactors = (): KeyRange => kindRange(TRANSACTOR)

/** Everything of one kind of one topic. */
export function topicRange(kind: (typeof TOPIC_KINDS)[number], topicNumber: number): KeyRange {
  const [gte, lt] = [Buffer.alloc(5), Buffer.alloc(5)]
  gte[0] = lt[0] = kind
  gte.writeUInt32BE(topicNumber, 1)
  lt.writeUInt32BE(topicNumber + 1, 1)
  return { gte, lt }
}

/** Blocks that hold an offset in [from, to), where `to` is the end of a block or of the log. */
export function blockRange(at: PartitionAddress, from: number, to: number): KeyRange {
  return { gte: blockKey(at, from), lt: blockKey(at, to) }
}
export function tableRecordRange(at: PartitionAddress, from: number, to: number): KeyRange {
  return { gte: tableRecordKey(at, from), lt: tableRecordKey(at, to) }
}
export function tombstoneRange(at: PartitionAddress, from: number, to: number): KeyRange {
  return { gte: tombstoneKey(at, from), lt: tombstoneKey(at, to) }
}

/** Of a key that ends with an offset. */
export function offsetOfKey(key: Buffer): number {
  return readOffset(key, key.length - 8)
}

export function readOffset(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4)
}

/** A safe integer from 0 on, into 8 bytes that are there. */
export function writeOffset(bytes: Buffer, offset: number, at: number): void {
  const high = Math.floor(offset / TWO_32)
  writeUint32(bytes, high, at)
  // A remainder of numbers this large costs more than the rest of this.
  writeUint32(bytes, offset - high * TWO_32, at + 4)
}

/** Hot path: without the checks of `writeUInt32BE`, for 32 bits without a sign into bytes that are there. */
export function writeUint32(bytes: Buffer, value: number, at: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** The first key after this one, to go on with a scan. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)])
}

function kindRange(kind: number): KeyRange {
  return { gte: Buffer.from([kind]), lt: Buffer.from([kind + 1]) }
}

function text(kind: number, name: string): Buffer {
  return Buffer.concat([Buffer.from([kind]), Buffer.from(name)])
}

function prefix(kind: number, at: PartitionAddress, length: number): Buffer {
  const key = Buffer.allocUnsafe(length)
  key[0] = kind
  writeUint32(key, at.topicNumber, 1)
  writeUint32(key, at.partition, 5)
  return key
}

function withOffset(kind: number, at: PartitionAddress, offset: number): Buffer {
  const key = prefix(kind, at, 17)
  writeOffset(key, offset, 9)
  return key
}
