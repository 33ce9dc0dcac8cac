import { type ConsumedMessage, type ConsumeResult, consumerService } from '@ddmq/common/idl'
import type { ThriftConnection } from '@ddmq/common/thrift'

const BATCH = 32
const LINGER_MS = 200
const CALL_TIMEOUT_MS = 10_000

/** Pulls one batch, hands it over and acknowledges it. */
export async function pullOnce(
  connection: ThriftConnection,
  group: string,
  take: (messages: readonly ConsumedMessage[]) => void,
): Promise<readonly ConsumedMessage[]> {
  const request = { groupId: group, maxBatchSize: BATCH, maxLingerTime: LINGER_MS }
  const pulled = await connection.call(consumerService.pull, { request }, { timeoutMs: CALL_TIMEOUT_MS })
  if (pulled.messages.length === 0) return []
  take(pulled.messages)
  const result: ConsumeResult = {
    context: pulled.context,
    successOffsets: pulled.messages.map(message => message.offset),
  }
  await connection.call(consumerService.submit, { result }, { timeoutMs: CALL_TIMEOUT_MS })
  return pulled.messages
}
