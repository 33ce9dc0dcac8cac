import { randomBytes } from 'node:crypto'
import { Message } from '@ddmq/common/idl'

const BODY_BYTES = 200

/** What a usual client sends: 200 bytes of body, a key of its own, one tag, a version. */
export function createSampleMessage(): Message {
  const message = new Message()
  message.topic = 'order_created'
  message.key = randomBytes(8).toString('hex')
  message.hashIdHigh = 3
  message.hashIdLow = 1_734_892_211
  message.tags = 'eu-west'
  message.partitionId = -1
  message.body = Buffer.alloc(BODY_BYTES, '{"orderId":4711,"customer":"c-0815","amount":"19.90"}')
  message.version = 'ts_sdk_0.1'
  return message
}
