import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { i64, map, string } from './field-key.ts'

/** topic → qid → offset. */
export type QueueOffsets = ReadonlyMap<string, ReadonlyMap<string, number>>

/** `list<i64>`. */
export function readOffsetList(reader: ThriftReader): number[] {
  const size = reader.listBegin()
  const { elementType } = reader
  const offsets: number[] = []
  for (let index = 0; index < size; index++) {
    if (elementType === i64) offsets.push(reader.i64())
    else reader.skip(elementType)
  }
  return offsets
}

export function writeOffsetList(writer: ThriftWriter, offsets: readonly number[]): void {
  writer.listBegin(i64, offsets.length)
  for (const offset of offsets) writer.i64(offset)
}

/** `map<string, i64>`. */
export function readOffsetMap(reader: ThriftReader): Map<string, number> {
  const size = reader.mapBegin()
  const { keyType, valueType } = reader
  const offsets = new Map<string, number>()
  for (let index = 0; index < size; index++) {
    if (keyType === string && valueType === i64) {
      const qid = reader.string()
      offsets.set(qid, reader.i64())
    } else {
      reader.skip(keyType)
      reader.skip(valueType)
    }
  }
  return offsets
}

export function writeOffsetMap(writer: ThriftWriter, offsets: ReadonlyMap<string, number>): void {
  writer.mapBegin(string, i64, offsets.size)
  for (const [qid, offset] of offsets) {
    writer.string(qid)
    writer.i64(offset)
  }
}

/** `map<string, map<string, i64>>`. */
export function readQueueOffsets(reader: ThriftReader): QueueOffsets {
  const size = reader.mapBegin()
  const { keyType, valueType } = reader
  const offsets = new Map<string, ReadonlyMap<string, number>>()
  for (let index = 0; index < size; index++) {
    if (keyType === string && valueType === map) {
      const topic = reader.string()
      offsets.set(topic, readOffsetMap(reader))
    } else {
      reader.skip(keyType)
      reader.skip(valueType)
    }
  }
  return offsets
}

export function writeQueueOffsets(writer: ThriftWriter, offsets: QueueOffsets): void {
  writer.mapBegin(string, map, offsets.size)
  for (const [topic, queues] of offsets) {
    writer.string(topic)
    writeOffsetMap(writer, queues)
  }
}
