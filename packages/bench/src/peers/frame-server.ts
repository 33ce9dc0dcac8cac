import { createServer, type Socket } from 'node:net'
import { producerService } from '@ddmq/common/idl'
import { CompactWriter, MessageType } from '@ddmq/common/thrift'
import { readFrames } from '../load/read-frames.ts'
import { sayPort } from './say-port.ts'

const LENGTH_BYTES = 4
/** Of a frame: protocol id, and message type with version; the sequence id follows. */
const SEQUENCE_AT = 2
const COMPACT_PROTOCOL = 0x82
const REPLY = (MessageType.reply << 5) | 1

/**
 * The least that a server of framed Thrift can do: hands over every frame, without its length, with the socket that the answer belongs
 * into. It checks, limits and counts nothing. Frames stay as they are for as long as somebody has them. Prints its port and serves
 * until it is killed.
 */
export async function serveFrames(serve: (frame: Buffer, socket: Socket) => void): Promise<void> {
  const server = createServer({ noDelay: true }, socket => {
    socket.on(
      'data',
      readFrames(frame => serve(frame, socket)),
    )
    // A client that goes away is the end of its run.
    socket.on('error', () => undefined)
  })
  await sayPort(server)
}

/** What follows the sequence id in a reply: the name of the method and its result. */
export function replyTail(method: string, writeResult: (writer: CompactWriter) => void): Buffer {
  const writer = new CompactWriter()
  writer.string(method)
  writeResult(writer)
  return writer.take()
}

/** The tail of every send that went well. */
export const SENT = replyTail('sendSync', writer =>
  producerService.sendSync.writeResult(writer, { code: 0, msg: 'OK' }),
)

/** The frame of a constant reply, under the sequence id of the request: nothing else of it is looked at. */
export function replyTo(request: Buffer, tail: Buffer): Buffer {
  const nameAt = endOfSequence(request)
  const size = nameAt + tail.length
  const reply = Buffer.allocUnsafe(LENGTH_BYTES + size)
  reply.writeUInt32BE(size, 0)
  reply[LENGTH_BYTES] = COMPACT_PROTOCOL
  reply[LENGTH_BYTES + 1] = REPLY
  request.copy(reply, LENGTH_BYTES + SEQUENCE_AT, SEQUENCE_AT, nameAt)
  tail.copy(reply, LENGTH_BYTES + nameAt)
  return reply
}

/** Where the name of the method begins, with its length. */
export function endOfSequence(frame: Buffer): number {
  let at = SEQUENCE_AT
  while ((frame[at] ?? 0) > 0x7f) at++
  return at + 1
}
