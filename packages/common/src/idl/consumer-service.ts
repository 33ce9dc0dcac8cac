import type { ThriftReader, ThriftWriter } from '../thrift/index.ts'
import { type AckResult, readAckResult, writeAckResult } from './ack-result.ts'
import { type ConsumeResult, readConsumeResult, writeConsumeResult } from './consume-result.ts'
import {
  type ConsumeStats,
  type ConsumeStatsRequest,
  readConsumeStats,
  readConsumeStatsRequest,
  writeConsumeStats,
  writeConsumeStatsRequest,
} from './consume-stats.ts'
import {
  type FetchRequest,
  type FetchResponse,
  readFetchRequest,
  readFetchResponse,
  writeFetchRequest,
  writeFetchResponse,
} from './fetch.ts'
import { bool, fieldKey, keyOf, list, required, struct } from './field-key.ts'
import { type ArgsCodec, defineMethod, type SuccessCodec, withPullException } from './method.ts'
import {
  type PullRequest,
  type PullResponse,
  readPullRequest,
  readPullResponse,
  writePullRequest,
  writePullResponse,
} from './pull.ts'
import { readStructList, writeStructList } from './struct-list.ts'

/** Arguments named `request`. A call without them is undecodable: the server answers TApplicationException 7. */
export interface RequestArgs<Request> {
  readonly request: Request
}
/** Arguments named `result`. */
export interface ResultArgs<Result> {
  readonly result: Result
}

type Read<Struct> = (reader: ThriftReader) => Struct
type Write<Struct> = (writer: ThriftWriter, value: Struct) => void

const ONLY_ARGUMENT = fieldKey(1, struct)

function requestArgs<Request>(
  method: string,
  read: Read<Request>,
  write: Write<Request>,
): ArgsCodec<RequestArgs<Request>> {
  return {
    read: reader => ({ request: required(readOnlyArgument(reader, read), `${method}.request`) }),
    write: (writer, { request }) => writeOnlyArgument(writer, request, write),
  }
}

function resultArgs<Result>(
  method: string,
  read: Read<Result>,
  write: Write<Result>,
): ArgsCodec<ResultArgs<Result>> {
  return {
    read: reader => ({ result: required(readOnlyArgument(reader, read), `${method}.result`) }),
    write: (writer, { result }) => writeOnlyArgument(writer, result, write),
  }
}

function readOnlyArgument<Struct>(reader: ThriftReader, read: Read<Struct>): Struct | undefined {
  let argument: Struct | undefined
  reader.structBegin()
  while (reader.nextField()) {
    if (keyOf(reader) === ONLY_ARGUMENT) argument = read(reader)
    else reader.skip(reader.fieldType)
  }
  reader.structEnd()
  return argument
}

function writeOnlyArgument<Struct>(writer: ThriftWriter, argument: Struct, write: Write<Struct>): void {
  writer.structBegin()
  writer.field(struct, 1)
  write(writer, argument)
  writer.fieldStop()
  writer.structEnd()
}

const pullResponse: SuccessCodec<PullResponse> = {
  type: struct,
  read: readPullResponse,
  writeField(writer, value) {
    writer.field(struct, 0)
    writePullResponse(writer, value)
  },
}

const fetchResponse: SuccessCodec<FetchResponse> = {
  type: struct,
  read: readFetchResponse,
  writeField(writer, value) {
    writer.field(struct, 0)
    writeFetchResponse(writer, value)
  },
}

const statsList: SuccessCodec<readonly ConsumeStats[]> = {
  type: list,
  read: reader => readStructList(reader, readConsumeStats),
  writeField(writer, value) {
    writer.field(list, 0)
    writeStructList(writer, value, writeConsumeStats)
  },
}

const truth: SuccessCodec<boolean> = {
  type: bool,
  read: reader => reader.bool(),
  writeField: (writer, value) => writer.boolField(0, value),
}

const submitArgs = resultArgs<ConsumeResult>('submit', readConsumeResult, writeConsumeResult)
const ackArgs = resultArgs<AckResult>('ack', readAckResult, writeAckResult)
const pullArgs = requestArgs<PullRequest>('pull', readPullRequest, writePullRequest)
const fetchArgs = requestArgs<FetchRequest>('fetch', readFetchRequest, writeFetchRequest)
const statsArgs = requestArgs<ConsumeStatsRequest>(
  'getConsumeStats',
  readConsumeStatsRequest,
  writeConsumeStatsRequest,
)

/** `ConsumerService` (consumer-proxy.md §4). */
export const consumerService = {
  pull: withPullException(defineMethod('pull', pullArgs, pullResponse)),
  submit: withPullException(defineMethod('submit', submitArgs, truth)),
  getConsumeStats: withPullException(defineMethod('getConsumeStats', statsArgs, statsList)),
  fetch: defineMethod('fetch', fetchArgs, fetchResponse),
  ack: defineMethod('ack', ackArgs, truth),
}
