import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { fieldKey, keyOf, map, required, string } from './field-key.ts'
import { type QueueOffsets, readQueueOffsets, writeQueueOffsets } from './offsets.ts'

export interface AckResult {
  readonly consumerId: string
  readonly groupId: string
  readonly cluster: string
  readonly offsets: QueueOffsets
}

const CONSUMER_ID = fieldKey(1, string)
const GROUP_ID = fieldKey(2, string)
const CLUSTER = fieldKey(3, string)
const OFFSETS = fieldKey(4, map)

export function readAckResult(reader: ThriftReader): AckResult {
  let consumerId: string | undefined
  let groupId: string | undefined
  let cluster: string | undefined
  let offsets: QueueOffsets | undefined
  reader.structBegin()
  while (reader.nextField()) {
    switch (keyOf(reader)) {
      case CONSUMER_ID:
        consumerId = reader.string()
        break
      case GROUP_ID:
        groupId = reader.string()
        break
      case CLUSTER:
        cluster = reader.string()
        break
      case OFFSETS:
        offsets = readQueueOffsets(reader)
        break
      default:
        reader.skip(reader.fieldType)
    }
  }
  reader.structEnd()
  return {
    consumerId: required(consumerId, 'AckResult.consumerId'),
    groupId: required(groupId, 'AckResult.groupId'),
    cluster: required(cluster, 'AckResult.cluster'),
    offsets: required(offsets, 'AckResult.offsets'),
  }
}

export function writeAckResult(writer: ThriftWriter, result: AckResult): void {
  writer.structBegin()
  writer.field(string, 1)
  writer.string(result.consumerId)
  writer.field(string, 2)
  writer.string(result.groupId)
  writer.field(string, 3)
  writer.string(result.cluster)
  writer.field(map, 4)
  writeQueueOffsets(writer, result.offsets)
  writer.fieldStop()
  writer.structEnd()
}
