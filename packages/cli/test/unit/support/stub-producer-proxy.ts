import { DelayMessage, producerService } from '@ddmq/common/idl'
import { ThriftServer } from '@ddmq/common/thrift'
import { onTestFinished } from 'vitest'

export interface StubProducerProxy {
  readonly endpoint: string
  readonly delays: DelayMessage[]
  /** Of the next answers; 0 when there is none left. */
  readonly codes: number[]
}

const LIMITS = {
  maxFrameBytes: 1_000_000,
  maxReadBufferBytes: 10_000_000,
  maxConnections: 10,
  idleTimeoutMs: 0,
  maxInFlightPerConnection: 1,
}
const UNUSED = { code: 10, msg: 'not served here' }

/** Takes delayed messages only, and answers them as the test says. Ends with the test. */
export async function startStubProducerProxy(): Promise<StubProducerProxy> {
  const delays: DelayMessage[] = []
  const codes: number[] = []
  const server = new ThriftServer({
    name: 'stub',
    host: '127.0.0.1',
    port: 0,
    service: producerService,
    handlers: {
      sendSync: () => UNUSED,
      sendBatchSync: () => UNUSED,
      sendAsync: () => UNUSED,
      sendDelaySync: ({ delayMessage }) => {
        delays.push(copyOf(delayMessage ?? new DelayMessage()))
        const code = codes.shift() ?? 0
        return { code, msg: `code${code}`, uniqDelayMsgId: code === 0 || code === 12 ? 'the-id' : '' }
      },
    },
    limits: LIMITS,
    log: { warn: () => undefined, error: () => undefined },
  })
  await server.start(new AbortController().signal)
  onTestFinished(() => server.stop(AbortSignal.abort()))
  return { endpoint: `127.0.0.1:${server.address().port}`, delays, codes }
}

/** Bodies are views into frames that are reused after the request. */
function copyOf(delay: DelayMessage): DelayMessage {
  return Object.assign(new DelayMessage(), delay, { body: Uint8Array.from(delay.body ?? []) })
}
