import { type Message, readMessage, writeMessage } from '@ddmq/common/idl'
import { CompactReader, CompactWriter } from '@ddmq/common/thrift'

const reader = new CompactReader()
const writer = new CompactWriter()

/** The bytes of one message. */
export function encodedOurs(message: Message): Buffer {
  writer.reset()
  writeMessage(writer, message)
  return writer.take()
}

/** Takes the bytes of every message out of the buffer that is used again, as a connection does. */
export function encodeOurs(messages: readonly Message[]): void {
  for (const message of messages) encodedOurs(message)
}

/** Returns something made of every message, so that no work is without effect. */
export function decodeOurs(encoded: readonly Buffer[]): number {
  let bodyBytes = 0
  for (const bytes of encoded) {
    reader.reset(bytes, 0, bytes.length)
    bodyBytes += readMessage(reader).body?.length ?? 0
  }
  return bodyBytes
}
