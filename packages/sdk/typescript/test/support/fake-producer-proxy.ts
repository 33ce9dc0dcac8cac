import { Message, producerService, type Result } from '@ddmq/common/idl'
import type { FaultGate } from './fault-gate.ts'
import { listen } from './thrift-listener.ts'

/** A producer proxy that answers what the test tells it, on real sockets. */
export interface FakeProducerProxy {
  readonly gate: FaultGate
  readonly endpoint: string
  /** Messages in the order received. */
  readonly received: Message[]
  /** Requests in the order received, as message counts. */
  readonly requests: number[]
  /** Codes of the next answers; 0 when there are none left. */
  readonly codes: number[]
  /** The server's own failure, planted for every request. */
  broken: boolean
}

export async function startProducerProxy(): Promise<FakeProducerProxy> {
  const received: Message[] = []
  const requests: number[] = []
  const codes: number[] = []
  const answer = (messages: readonly Message[]): Result => {
    requests.push(messages.length)
    if (proxy.broken) throw new Error('planted')
    for (const message of messages) received.push(copyOf(message))
    const code = codes.shift() ?? 0
    return { code, msg: `code${code}` }
  }
  const gate = await listen(producerService, {
    sendSync: ({ message }) => answer(message === undefined ? [] : [message]),
    sendBatchSync: ({ messages }) => answer(messages ?? []),
    sendAsync: ({ message }) => answer(message === undefined ? [] : [message]),
    sendDelaySync: () => ({ code: 18, msg: 'not served here' }),
  })
  const proxy: FakeProducerProxy = { gate, endpoint: gate.endpoint, received, requests, codes, broken: false }
  return proxy
}

/** Bodies are views into frames that are reused after the request. */
function copyOf(message: Message): Message {
  return Object.assign(new Message(), message, { body: Uint8Array.from(message.body ?? []) })
}
