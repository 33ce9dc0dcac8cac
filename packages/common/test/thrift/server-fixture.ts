import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { Message, producerService, type SendSyncArgs } from '../../src/idl/index.ts'
import { FrameAssembler } from '../../src/thrift/frame-assembler.ts'
import {
  type CallContext,
  CompactReader,
  CompactWriter,
  MessageType,
  ThriftConnection,
  ThriftServer,
  type ThriftServerLimits,
} from '../../src/thrift/index.ts'

type Answer = { readonly code: number; readonly msg: string }
export type SendSync = (args: SendSyncArgs, call: CallContext) => Answer | Promise<Answer>

export interface Fixture {
  readonly server: ThriftServer<typeof producerService>
  readonly port: number
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[]
  readonly calls: { readonly method: string; readonly failed: boolean }[]
}

export const LIMITS: ThriftServerLimits = {
  maxFrameBytes: 100_000,
  maxReadBufferBytes: 1_000_000,
  maxConnections: 5_000,
  idleTimeoutMs: 0,
  maxInFlightPerConnection: 64,
}

/** A producer service whose sendSync is the test's; by default it answers the topic. */
export async function startServer(
  sendSync: SendSync = ({ message }) => ({ code: 0, msg: message?.topic ?? '' }),
  limits: Partial<ThriftServerLimits> = {},
): Promise<Fixture> {
  const lines: Fixture['lines'] = []
  const calls: Fixture['calls'] = []
  const logTo = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields })
  const server = new ThriftServer({
    name: 'producer-api',
    host: '127.0.0.1',
    port: 0,
    service: producerService,
    handlers: {
      sendSync,
      sendAsync: () => ({ code: 0, msg: 'OK' }),
      sendBatchSync: ({ messages }) => ({ code: 0, msg: String(messages?.length) }),
      sendDelaySync: () => ({ code: 0, msg: 'OK', uniqDelayMsgId: 'id' }),
    },
    limits: { ...LIMITS, ...limits },
    log: { warn: logTo('warn'), error: logTo('error') } as never,
    onCall: (method, failed) => void calls.push({ method, failed }),
  })
  await server.start(new AbortController().signal)
  onTestFinished(() => server.stop(AbortSignal.abort()))
  return { server, port: server.address().port, lines, calls }
}

export async function openConnection(port: number): Promise<ThriftConnection> {
  const connection = await ThriftConnection.connect({ host: '127.0.0.1', port, connectTimeoutMs: 5_000 })
  onTestFinished(() => connection.close())
  return connection
}

export function messageTo(topic: string, bodyBytes = 10): Message {
  const message = new Message()
  message.topic = topic
  message.body = Buffer.alloc(bodyBytes, 'b')
  return message
}

/** The server still answers somebody new. */
export async function answersOthers(port: number): Promise<boolean> {
  const connection = await openConnection(port)
  const { code } = await connection.call(
    producerService.sendSync,
    { message: messageTo('t'), timeout: 0 },
    { timeoutMs: 10_000 },
  )
  connection.close()
  return code === 0
}

/** A length and that many bytes. */
export function framed(payload: Uint8Array): Buffer {
  const header = Buffer.alloc(4)
  header.writeInt32BE(payload.length)
  return Buffer.concat([header, payload])
}

export function request(
  name: string,
  sequenceId: number,
  writeArgs: (writer: CompactWriter) => void,
  type: number = MessageType.call,
): Buffer {
  const writer = new CompactWriter()
  writer.messageBegin(name, type, sequenceId)
  writeArgs(writer)
  return framed(writer.take())
}

export function sendSyncRequest(sequenceId: number, topic: string, bodyBytes = 10): Buffer {
  return request('sendSync', sequenceId, writer =>
    producerService.sendSync.writeArgs(writer, { message: messageTo(topic, bodyBytes), timeout: 0 }),
  )
}

/** A client that sends any bytes. */
export class RawClient {
  readonly socket: Socket
  readonly frames: Buffer[] = []
  isClosed = false
  readonly #assembler = new FrameAssembler(50_000_000)

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.isClosed = true
    })
    socket.on('data', chunk => {
      this.#assembler.push(chunk)
      while (this.#assembler.next()) {
        const { frame, start, end } = this.#assembler
        this.frames.push(Buffer.from(frame.subarray(start, end)))
      }
    })
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect(port, '127.0.0.1')
    const client = new RawClient(socket)
    await once(socket, 'connect')
    onTestFinished(() => void socket.destroy())
    return client
  }

  /** What came back: header and, of sendSync, the text; of an exception, its type. */
  replies(): unknown[] {
    return this.frames.map(frame => {
      const reader = new CompactReader()
      reader.reset(frame, 0, frame.length)
      reader.messageBegin()
      const { messageName: name, messageType, sequenceId } = reader
      if (messageType === MessageType.exception) return { name, sequenceId, exception: exceptionType(reader) }
      return { name, sequenceId, msg: producerService.sendSync.readResult(reader).msg }
    })
  }
}

function exceptionType(reader: CompactReader): number {
  let type = -1
  reader.structBegin()
  while (reader.nextField()) {
    if (reader.fieldId === 2) type = reader.i32()
    else reader.skip(reader.fieldType)
  }
  reader.structEnd()
  return type
}
