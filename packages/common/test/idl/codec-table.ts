import { readAckResult, writeAckResult } from '../../src/idl/ack-result.ts'
import { readConsumeResult, writeConsumeResult } from '../../src/idl/consume-result.ts'
import {
  readConsumeStats,
  readConsumeStatsRequest,
  writeConsumeStats,
  writeConsumeStatsRequest,
} from '../../src/idl/consume-stats.ts'
import { readConsumedMessage, writeConsumedMessage } from '../../src/idl/consumed-message.ts'
import { readContext, writeContext } from '../../src/idl/context.ts'
import { readDelayMessage, writeDelayMessage } from '../../src/idl/delay-message.ts'
import {
  readFetchRequest,
  readFetchResponse,
  readQidResponse,
  writeFetchRequest,
  writeFetchResponse,
  writeQidResponse,
} from '../../src/idl/fetch.ts'
import { consumerService, producerService } from '../../src/idl/index.ts'
import { readMessage, writeMessage } from '../../src/idl/message.ts'
import { readPullRequest, readPullResponse, writePullRequest, writePullResponse } from '../../src/idl/pull.ts'
import { readPullException, writePullException } from '../../src/idl/pull-exception.ts'
import { readDelayResult, readResult, writeDelayResult, writeResult } from '../../src/idl/result.ts'
import type {
  ProtocolName,
  ProtocolReader,
  ProtocolWriter,
  ThriftMethod,
  ThriftReader,
  ThriftWriter,
} from '../../src/thrift/index.ts'
import { BinaryReader, BinaryWriter, CompactReader, CompactWriter } from '../../src/thrift/index.ts'
import { type IdlDocument, readIdl } from './idl-document.ts'

interface StructCodec {
  readonly read: (reader: ThriftReader) => unknown
  readonly write: (writer: ThriftWriter, value: never) => void
}

export interface ServiceUnderTest {
  readonly document: IdlDocument
  readonly structs: Readonly<Record<string, StructCodec>>
  readonly methods: Readonly<Record<string, ThriftMethod<unknown, unknown>>>
}

const producer: ServiceUnderTest = {
  document: readIdl('producer.thrift'),
  structs: {
    Message: { read: readMessage, write: writeMessage },
    Result: { read: readResult, write: writeResult },
    DelayMessage: { read: readDelayMessage, write: writeDelayMessage },
    DelayResult: { read: readDelayResult, write: writeDelayResult },
  },
  methods: producerService,
}

const consumer: ServiceUnderTest = {
  document: readIdl('consumer.thrift'),
  structs: {
    Message: { read: readConsumedMessage, write: writeConsumedMessage },
    Context: { read: readContext, write: writeContext },
    ConsumeResult: { read: readConsumeResult, write: writeConsumeResult },
    PullRequest: { read: readPullRequest, write: writePullRequest },
    PullResponse: { read: readPullResponse, write: writePullResponse },
    ConsumeStatsRequest: { read: readConsumeStatsRequest, write: writeConsumeStatsRequest },
    ConsumeStats: { read: readConsumeStats, write: writeConsumeStats },
    FetchRequest: { read: readFetchRequest, write: writeFetchRequest },
    QidResponse: { read: readQidResponse, write: writeQidResponse },
    FetchResponse: { read: readFetchResponse, write: writeFetchResponse },
    AckResult: { read: readAckResult, write: writeAckResult },
    PullException: { read: readPullException, write: writePullException },
  },
  methods: consumerService,
}

/** Every struct of both services, for `test.each`. */
export const allStructs = [producer, consumer].flatMap(service =>
  Object.entries(service.structs).map(([name, codec]) => ({
    name,
    codec,
    service,
    serviceName: service === producer ? 'producer' : 'consumer',
  })),
)

/** Every method of both services. */
export const allMethods = [producer, consumer].flatMap(service =>
  Object.entries(service.methods).map(([name, method]) => ({ name, method, service })),
)

export const protocols: readonly ProtocolName[] = ['compact', 'binary']

export function readerOf(protocol: ProtocolName, bytes: Buffer): ProtocolReader {
  const reader = protocol === 'compact' ? new CompactReader() : new BinaryReader()
  reader.reset(bytes, 0, bytes.length)
  return reader
}

export function bytesOf(protocol: ProtocolName, write: (writer: ProtocolWriter) => void): Buffer {
  const writer = protocol === 'compact' ? new CompactWriter() : new BinaryWriter()
  write(writer)
  return writer.take()
}
