import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type DelayMessage, type Message, producerService } from '@ddmq/common/idl'
import { expect, onTestFinished, test } from 'vitest'
import { listen } from './support/thrift-listener.ts'

/** Frames recorded from the original clients (sdk.md §1.5), without their length prefix. */
const PYTHON = '8221000873656e6453796e631c18047465737418026b314503180568656c6c6f180670792d302e320016d00f00'
const GO =
  '8221010873656e6453796e631c18047465737418026b311800160018001503180568656c6c6f180c676f5f73646b5f322e302e3300166400'
const JAVA =
  '8221010873656e6453796e631c18047465737418026b3126002503180568656c6c6f18176a6176615f247b70726f6a6563742e76657273696f6e7d00166400'
const JAVA_CANCEL =
  '8221020d73656e6444656c617953796e631c180474657374180369643118016318027467150488176a6176615f247b70726f6a6563742e76657273696f6e7d00166400'
const REPLY_TO_SEND = '8241010873656e6453796e630c0015001805636f6465300000'

test('SD-1 the oldest Python client is answered with a framed compact reply of sequence id 0', async () => {
  const { exchange, messages } = await startServer()

  const reply = await exchange(PYTHON)

  expect(reply).toBe(REPLY_TO_SEND.replace('824101', '824100'))
  expect(messages).toMatchObject([
    { message: { topic: 'test', key: 'k1', body: 'hello', partitionId: -2 }, timeout: 1000 },
  ])
})

test('SD-2 the Go client’s frame decodes to its fields', async () => {
  const { exchange, messages } = await startServer()

  expect(await exchange(GO)).toBe(REPLY_TO_SEND)

  expect(messages).toMatchObject([
    {
      timeout: 50,
      message: {
        topic: 'test',
        key: 'k1',
        value: '',
        hashIdHigh: 0,
        hashIdLow: 0,
        tags: '',
        partitionId: -2,
        body: 'hello',
        version: 'go_sdk_2.0.3',
      },
    },
  ])
})

test('SD-3 the Java client’s frame decodes with value and tags absent', async () => {
  const { exchange, messages } = await startServer()

  await exchange(JAVA)

  expect(messages).toMatchObject([
    {
      timeout: 50,
      message: { value: undefined, tags: undefined, hashIdHigh: 0, hashIdLow: 0, body: 'hello' },
    },
  ])
})

test('SD-4 the Java client’s cancel frame decodes to its fields', async () => {
  const { exchange, delays } = await startServer()

  await exchange(JAVA_CANCEL)

  expect(delays).toMatchObject([
    {
      timeout: 50,
      message: { action: 2, body: 'c', uniqDelayMsgId: 'id1', tags: 'tg', timestamp: undefined },
    },
  ])
})

test('SD-8 SD-9 an unknown method is refused by name and number, and the connection stays usable', async () => {
  const { exchange } = await startServer()

  const refusal = await exchange('8221070e73656e644e6f7469667953796e6300')

  expect(refusal).toMatch(/^8261070e73656e644e6f7469667953796e63/)
  expect(await exchange(GO)).toBe(REPLY_TO_SEND)
})

async function startServer() {
  const messages: { message: object; timeout: number }[] = []
  const delays: { message: object; timeout: number }[] = []
  const gate = await listen(producerService, {
    sendSync: ({ message, timeout }) => {
      messages.push({ message: readable(message), timeout })
      return { code: 0, msg: 'code0' }
    },
    sendBatchSync: () => ({ code: 0, msg: 'code0' }),
    sendAsync: () => ({ code: 0, msg: 'code0' }),
    sendDelaySync: ({ delayMessage, timeout }) => {
      delays.push({ message: readable(delayMessage), timeout })
      return { code: 0, msg: 'code0', uniqDelayMsgId: 'id1' }
    },
  })
  const [host = '', port = ''] = gate.endpoint.split(':')
  const socket = connect(Number(port), host)
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return { messages, delays, exchange: (hex: string) => roundTrip(socket, hex) }
}

/** Byte fields as text, copied out of the frame. */
function readable(message: Message | DelayMessage | undefined): object {
  return Object.fromEntries(
    Object.entries(message ?? {}).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? Buffer.from(value).toString() : value,
    ]),
  )
}

async function roundTrip(socket: Socket, hex: string): Promise<string> {
  const frame = Buffer.from(hex, 'hex')
  const prefix = Buffer.alloc(4)
  prefix.writeUInt32BE(frame.length)
  socket.write(Buffer.concat([prefix, frame]))
  let received = Buffer.alloc(0)
  while (received.length < 4 || received.length < 4 + received.readUInt32BE()) {
    const [bytes]: Buffer[] = await once(socket, 'data')
    received = Buffer.concat([received, bytes ?? Buffer.alloc(0)])
  }
  return received.subarray(4).toString('hex')
}
