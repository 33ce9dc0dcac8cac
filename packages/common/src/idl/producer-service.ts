import type { ThriftWriter } from '../thrift/index.ts'
import { type DelayMessage, readDelayMessage, writeDelayMessage } from './delay-message.ts'
import { fieldKey, i64, keyOf, list, struct } from './field-key.ts'
import { type Message, readMessage, writeMessage } from './message.ts'
import { type ArgsCodec, defineMethod, type SuccessCodec } from './method.ts'
import {
  type DelayResult,
  type Result,
  readDelayResult,
  readResult,
  writeDelayResult,
  writeResult,
} from './result.ts'
import { readStructList, writeStructList } from './struct-list.ts'

/** Arguments of each method; a struct the client left out is undefined. `timeout` is in ms, 0 when absent. */
export interface SendSyncArgs {
  readonly message: Message | undefined
  readonly timeout: number
}
export interface SendBatchSyncArgs {
  readonly messages: readonly Message[] | undefined
}
export interface SendAsyncArgs {
  readonly message: Message | undefined
}
export interface SendDelaySyncArgs {
  readonly delayMessage: DelayMessage | undefined
  readonly timeout: number
}

const FIRST_STRUCT = fieldKey(1, struct)
const FIRST_LIST = fieldKey(1, list)
const TIMEOUT = fieldKey(2, i64)

const sendSyncArgs: ArgsCodec<SendSyncArgs> = {
  read(reader) {
    let message: Message | undefined
    let timeout = 0
    reader.structBegin()
    while (reader.nextField()) {
      const key = keyOf(reader)
      if (key === FIRST_STRUCT) message = readMessage(reader)
      else if (key === TIMEOUT) timeout = reader.i64()
      else reader.skip(reader.fieldType)
    }
    reader.structEnd()
    return { message, timeout }
  },
  write(writer, { message, timeout }) {
    writer.structBegin()
    if (message !== undefined) {
      writer.field(struct, 1)
      writeMessage(writer, message)
    }
    writeTimeoutAndEnd(writer, timeout)
  },
}

const sendBatchSyncArgs: ArgsCodec<SendBatchSyncArgs> = {
  read(reader) {
    let messages: Message[] | undefined
    reader.structBegin()
    while (reader.nextField()) {
      if (keyOf(reader) === FIRST_LIST) messages = readStructList(reader, readMessage)
      else reader.skip(reader.fieldType)
    }
    reader.structEnd()
    return { messages }
  },
  write(writer, { messages }) {
    writer.structBegin()
    if (messages !== undefined) {
      writer.field(list, 1)
      writeStructList(writer, messages, writeMessage)
    }
    writer.fieldStop()
    writer.structEnd()
  },
}

const sendAsyncArgs: ArgsCodec<SendAsyncArgs> = {
  read(reader) {
    let message: Message | undefined
    reader.structBegin()
    while (reader.nextField()) {
      if (keyOf(reader) === FIRST_STRUCT) message = readMessage(reader)
      else reader.skip(reader.fieldType)
    }
    reader.structEnd()
    return { message }
  },
  write(writer, { message }) {
    writer.structBegin()
    if (message !== undefined) {
      writer.field(struct, 1)
      writeMessage(writer, message)
    }
    writer.fieldStop()
    writer.structEnd()
  },
}

const sendDelaySyncArgs: ArgsCodec<SendDelaySyncArgs> = {
  read(reader) {
    let delayMessage: DelayMessage | undefined
    let timeout = 0
    reader.structBegin()
    while (reader.nextField()) {
      const key = keyOf(reader)
      if (key === FIRST_STRUCT) delayMessage = readDelayMessage(reader)
      else if (key === TIMEOUT) timeout = reader.i64()
      else reader.skip(reader.fieldType)
    }
    reader.structEnd()
    return { delayMessage, timeout }
  },
  write(writer, { delayMessage, timeout }) {
    writer.structBegin()
    if (delayMessage !== undefined) {
      writer.field(struct, 1)
      writeDelayMessage(writer, delayMessage)
    }
    writeTimeoutAndEnd(writer, timeout)
  },
}

const result: SuccessCodec<Result> = {
  type: struct,
  read: readResult,
  writeField(writer, value) {
    writer.field(struct, 0)
    writeResult(writer, value)
  },
}

const delayResult: SuccessCodec<DelayResult> = {
  type: struct,
  read: readDelayResult,
  writeField(writer, value) {
    writer.field(struct, 0)
    writeDelayResult(writer, value)
  },
}

/** `ProducerService` (producer-proxy.md §4). */
export const producerService = {
  sendSync: defineMethod('sendSync', sendSyncArgs, result),
  sendBatchSync: defineMethod('sendBatchSync', sendBatchSyncArgs, result),
  sendAsync: defineMethod('sendAsync', sendAsyncArgs, result),
  sendDelaySync: defineMethod('sendDelaySync', sendDelaySyncArgs, delayResult),
}

function writeTimeoutAndEnd(writer: ThriftWriter, timeout: number): void {
  writer.field(i64, 2)
  writer.i64(timeout)
  writer.fieldStop()
  writer.structEnd()
}
