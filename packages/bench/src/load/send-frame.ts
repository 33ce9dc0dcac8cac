import { Message, producerService } from '@ddmq/common/idl'
import { CompactWriter, MessageType } from '@ddmq/common/thrift'

/** Where a frame's sequence id is: behind its length and two bytes of the compact protocol. */
const SEQUENCE_AT = 6
/** Sequence ids whose variable-length form has three bytes, so that one can be written over another. */
const FIRST_SEQUENCE = 1 << 14
const SEQUENCES = (1 << 21) - FIRST_SEQUENCE

/**
 * A `sendSync` request, encoded once for each connection. Only the sequence id and the message's own id, which is its key
 * and the start of its body, are written into it for each message; ids of one run are equally long.
 */
export class SendFrame {
  readonly bytes: Buffer
  sequenceId = FIRST_SEQUENCE
  readonly #keyAt: number
  readonly #bodyAt: number

  constructor(
    message: { readonly topic: string; readonly bodyBytes: number; readonly timeoutMs: number },
    id: string,
  ) {
    this.bytes = encode(message, id)
    this.#bodyAt = this.bytes.lastIndexOf(id, undefined, 'latin1')
    this.#keyAt = this.bytes.lastIndexOf(id, this.#bodyAt - 1, 'latin1')
  }

  /** The request for the next message, in the same bytes: the one before must be answered. */
  next(id: string): Buffer {
    const { bytes } = this
    this.sequenceId = this.sequenceId + 1 < FIRST_SEQUENCE + SEQUENCES ? this.sequenceId + 1 : FIRST_SEQUENCE
    bytes[SEQUENCE_AT] = (this.sequenceId & 0x7f) | 0x80
    bytes[SEQUENCE_AT + 1] = ((this.sequenceId >>> 7) & 0x7f) | 0x80
    bytes[SEQUENCE_AT + 2] = this.sequenceId >>> 14
    bytes.write(id, this.#keyAt, 'latin1')
    bytes.write(id, this.#bodyAt, 'latin1')
    return bytes
  }
}

function encode(
  {
    topic,
    bodyBytes,
    timeoutMs,
  }: { readonly topic: string; readonly bodyBytes: number; readonly timeoutMs: number },
  id: string,
): Buffer {
  const message = new Message()
  message.topic = topic
  message.key = id
  message.tags = ''
  message.partitionId = -2
  message.body = Buffer.from(id.padEnd(bodyBytes, '.'))
  const writer = new CompactWriter()
  const mark = writer.frameBegin()
  writer.messageBegin(producerService.sendSync.name, MessageType.call, FIRST_SEQUENCE)
  producerService.sendSync.writeArgs(writer, { message, timeout: timeoutMs })
  writer.frameEnd(mark)
  return writer.take()
}
