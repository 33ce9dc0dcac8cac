import { type ConsumeResult, consumerService, type PullResponse } from '@ddmq/common/idl'
import type { ThriftConnection } from '@ddmq/common/thrift'
import { NotAcknowledgedError } from './errors.ts'

const BATCH = 32
const LINGER_MS = 200
const CALL_TIMEOUT_MS = 10_000

/** Pulls one batch, hands it over and acknowledges it; undefined when none came. Rejects when the server does not take the acknowledgement. */
export async function pullOnce(
  connection: ThriftConnection,
  group: string,
  take: (messages: PullResponse['messages']) => void,
): Promise<PullResponse | undefined> {
  const request = { groupId: group, maxBatchSize: BATCH, maxLingerTime: LINGER_MS }
  const pulled = await connection.call(consumerService.pull, { request }, { timeoutMs: CALL_TIMEOUT_MS })
  if (pulled.messages.length === 0) return undefined
  take(pulled.messages)
  const result: ConsumeResult = {
    context: pulled.context,
    successOffsets: pulled.messages.map(message => message.offset),
  }
  const isTaken = await connection.call(consumerService.submit, { result }, { timeoutMs: CALL_TIMEOUT_MS })
  if (!isTaken)
    throw new NotAcknowledgedError(`${pulled.messages.length} messages were not taken as acknowledged`)
  return pulled
}
