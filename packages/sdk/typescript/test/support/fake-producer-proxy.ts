import { DelayMessage, type DelayResult, Message, producerService, type Result } from '@ddmq/common/idl'
import type { FaultGate } from './fault-gate.ts'
import { listen } from './thrift-listener.ts'

/** A producer proxy that answers what the test tells it, on real sockets. */
export interface FakeProducerProxy {
  readonly gate: FaultGate
  readonly endpoint: string
  /** Messages in the order received. */
  readonly received: Message[]
  /** Adds and cancels of delayed messages, in the order received. */
  readonly delays: DelayMessage[]
  /** Requests in the order received, as message counts. */
  readonly requests: number[]
  /** Codes of the next answers; 0 when there are none left. */
  readonly codes: number[]
  /** The server's own failure, planted for every request. */
  broken: boolean
}

export async function startProducerProxy(): Promise<FakeProducerProxy> {
  const received: Message[] = []
  const delays: DelayMessage[] = []
  const requests: number[] = []
  const codes: number[] = []
  const answer = (messages: readonly Message[]): Result => {
    requests.push(messages.length)
    if (proxy.broken) throw new Error('planted')
    for (const message of messages) received.push(copyOf(message))
    const code = codes.shift() ?? 0
    return { code, msg: `code${code}` }
  }
  const answerDelay = (delay: DelayMessage | undefined): DelayResult => {
    const result = answer([])
    if (delay === undefined) return result
    delays.push(copyOfDelay(delay))
    return { ...result, uniqDelayMsgId: delay.uniqDelayMsgId ?? `id of ${delay.uuid}` }
  }
  const gate = await listen(producerService, {
    sendSync: ({ message }) => answer(message === undefined ? [] : [message]),
    sendBatchSync: ({ messages }) => answer(messages ?? []),
    sendAsync: ({ message }) => answer(message === undefined ? [] : [message]),
    sendDelaySync: ({ delayMessage }) => answerDelay(delayMessage),
  })
  const proxy: FakeProducerProxy = {
    gate,
    endpoint: gate.endpoint,
    received,
    delays,
    requests,
    codes,
    broken: false,
  }
  return proxy
}

/** Bodies are views into frames that are reused after the request. */
function copyOf(message: Message): Message {
  return Object.assign(new Message(), message, { body: Uint8Array.from(message.body ?? []) })
}

function copyOfDelay(delay: DelayMessage): DelayMessage {
  return Object.assign(new DelayMessage(), delay, { body: Uint8Array.from(delay.body ?? []) })
}
