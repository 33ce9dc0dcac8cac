import { Message, producerService } from '@ddmq/common/idl'
import { ThriftConnection } from '@ddmq/common/thrift'
import type { Address } from './session.ts'

export interface FillOptions {
  readonly address: Address
  readonly topic: string
  readonly messages: number
  readonly bodyBytes: number
}

const BATCH = 500
const CONNECTIONS = 4
const CALL_TIMEOUT_MS = 30_000

/** Sends so many messages in batches, over all partitions. Rejects when one is refused. */
export async function fillTopic({ address, topic, messages, bodyBytes }: FillOptions): Promise<void> {
  let left = messages
  let sequence = 0
  const send = async (): Promise<void> => {
    const connection = await ThriftConnection.connect({ ...address, connectTimeoutMs: 5000 })
    try {
      while (left > 0) {
        const count = Math.min(BATCH, left)
        left -= count
        const batch = Array.from({ length: count }, () => messageOf(topic, sequence++, bodyBytes))
        const result = await connection.call(
          producerService.sendBatchSync,
          { messages: batch },
          { timeoutMs: CALL_TIMEOUT_MS },
        )
        if (result.code !== 0) throw new Error(`a batch was refused: ${result.code} ${result.msg ?? ''}`)
      }
    } finally {
      connection.close()
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
}

function messageOf(topic: string, sequence: number, bodyBytes: number): Message {
  const message = new Message()
  message.topic = topic
  message.key = sequence.toString(36)
  message.tags = ''
  message.partitionId = -2
  message.body = Buffer.alloc(bodyBytes, `{"order":${sequence},"customer":"c-${sequence % 997}"}`)
  return message
}
