import {
  type ConsumeResult,
  type ConsumeStats,
  consumerService,
  DelayMessage,
  type DelayResult,
  Message,
  type PullRequest,
  type PullResponse,
  producerService,
  type Result,
} from '@ddmq/common/idl'
import type { ThriftConnection } from '@ddmq/common/thrift'

const CALL = { timeoutMs: 30_000 }

/** A message that is set up to the field: what is not named is not sent, but for `hashId` and `partitionId`. */
export function wireMessage(topic: string, fields: Partial<Message>): Message {
  return Object.assign(new Message(), { topic, partitionId: -2, ...fields })
}

export function sendSync(
  connection: ThriftConnection,
  message: Message | undefined,
  timeout = 5000,
): Promise<Result> {
  return connection.call(producerService.sendSync, { message, timeout }, CALL)
}

export function sendAsync(connection: ThriftConnection, message: Message): Promise<Result> {
  return connection.call(producerService.sendAsync, { message }, CALL)
}

export function sendBatchSync(connection: ThriftConnection, messages: readonly Message[]): Promise<Result> {
  return connection.call(producerService.sendBatchSync, { messages }, CALL)
}

export function sendDelaySync(
  connection: ThriftConnection,
  fields: Partial<DelayMessage>,
): Promise<DelayResult> {
  const delayMessage = Object.assign(new DelayMessage(), fields)
  return connection.call(producerService.sendDelaySync, { delayMessage, timeout: 1000 }, CALL)
}

export function pull(
  connection: ThriftConnection,
  groupId: string,
  request: Partial<PullRequest> = {},
): Promise<PullResponse> {
  return connection.call(
    consumerService.pull,
    { request: { maxLingerTime: 5000, ...request, groupId } },
    CALL,
  )
}

export function submit(connection: ThriftConnection, result: ConsumeResult): Promise<boolean> {
  return connection.call(consumerService.submit, { result }, CALL)
}

export function getConsumeStats(
  connection: ThriftConnection,
  group: string,
  topic?: string,
): Promise<readonly ConsumeStats[]> {
  return connection.call(consumerService.getConsumeStats, { request: { group, topic } }, CALL)
}

export function bodiesOf({ messages }: PullResponse): string[] {
  return messages.map(({ value }) => Buffer.from(value ?? []).toString())
}

/** Confirms everything of a reply. */
export function successOf({ context, messages }: PullResponse): ConsumeResult {
  return { context, successOffsets: messages.map(({ offset }) => offset) }
}

/** Pulls and confirms until `count` messages came. */
export async function consume(connection: ThriftConnection, group: string, count: number): Promise<string[]> {
  const bodies: string[] = []
  while (bodies.length < count) {
    const reply = await pull(connection, group)
    if (reply.messages.length === 0) throw new Error(`only ${bodies.length} of ${count} messages came`)
    bodies.push(...bodiesOf(reply))
    await submit(connection, successOf(reply))
  }
  return bodies
}
