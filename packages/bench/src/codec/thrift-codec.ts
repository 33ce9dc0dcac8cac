import { Message } from '@ddmq/common/idl'
import thrift, { type TProtocol } from 'thrift'

const { Int64, TBufferedTransport, TCompactProtocol, Thrift } = thrift
const { I32, I64, STOP, STRING } = Thrift.Type

/** The bytes of one message. */
export function encodedThrift(message: Message): Buffer {
  let bytes: Buffer = Buffer.alloc(0)
  const protocol = new TCompactProtocol(
    new TBufferedTransport(undefined, flushed => {
      bytes = Buffer.from(flushed ?? '')
    }),
  )
  writeMessage(protocol, message)
  protocol.flush()
  return bytes
}

/** Encodes every message as the code does that Thrift's compiler generates. */
export function encodeThrift(messages: readonly Message[]): void {
  const protocol = new TCompactProtocol(new TBufferedTransport(undefined, () => undefined))
  for (const message of messages) {
    writeMessage(protocol, message)
    protocol.flush()
  }
}

export function decodeThrift(encoded: readonly Buffer[]): number {
  let bodyBytes = 0
  const receive = TBufferedTransport.receiver(transport => {
    bodyBytes += readMessage(new TCompactProtocol(transport)).body?.length ?? 0
    transport.commitPosition()
  }, 0)
  for (const bytes of encoded) receive(bytes)
  return bodyBytes
}

function writeMessage(output: TProtocol, message: Message): void {
  output.writeStructBegin('Message')
  writeText(output, 'topic', 1, message.topic)
  writeText(output, 'key', 2, message.key)
  output.writeFieldBegin('hashId', I64, 4)
  output.writeI64(new Int64(message.hashIdHigh, message.hashIdLow))
  output.writeFieldEnd()
  writeText(output, 'tags', 5, message.tags)
  output.writeFieldBegin('partitionId', I32, 6)
  output.writeI32(message.partitionId)
  output.writeFieldEnd()
  output.writeFieldBegin('body', STRING, 7)
  output.writeBinary(Buffer.from(message.body ?? []))
  output.writeFieldEnd()
  writeText(output, 'version', 8, message.version)
  output.writeFieldStop()
  output.writeStructEnd()
}

function writeText(output: TProtocol, name: string, id: number, value: string | undefined): void {
  if (value === undefined) return
  output.writeFieldBegin(name, STRING, id)
  output.writeString(value)
  output.writeFieldEnd()
}

function readMessage(input: TProtocol): Message {
  const message = new Message()
  input.readStructBegin()
  for (;;) {
    const { ftype, fid } = input.readFieldBegin()
    if (ftype === STOP) break
    if (ftype === STRING) readText(input, message, fid)
    else if (fid === 4 && ftype === I64) setHashId(message, input.readI64().buffer)
    else if (fid === 6 && ftype === I32) message.partitionId = input.readI32()
    else input.skip(ftype)
    input.readFieldEnd()
  }
  input.readStructEnd()
  return message
}

function readText(input: TProtocol, message: Message, id: number): void {
  switch (id) {
    case 1:
      message.topic = input.readString()
      break
    case 2:
      message.key = input.readString()
      break
    case 5:
      message.tags = input.readString()
      break
    case 7:
      message.body = input.readBinary()
      break
    case 8:
      message.version = input.readString()
      break
    default:
      input.skip(STRING)
  }
}

function setHashId(message: Message, int64: Buffer): void {
  message.hashIdHigh = int64.readInt32BE(0)
  message.hashIdLow = int64.readInt32BE(4)
}
