import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { consumerService, producerService } from '@ddmq/common/idl'
import { CompactWriter, MessageType, type ThriftMethod } from '@ddmq/common/thrift'
import { eventually } from '@ddmq/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { framed, openSocket } from './raw-socket.ts'
import { type Queue, RunningDdmq } from './running-ddmq.ts'
import { bodiesOf, pull, sendSync, wireMessage } from './wire-calls.ts'

const CLIENTS = 200
/** Opened side by side, so that hundreds of clients take as long as a few. */
const AT_ONCE = 20

/** Each of these is answered by closing the connection. */
const GARBAGE = [
  () => framed(randomBytes(64)),
  () => framed(Buffer.concat([Buffer.from([0x82, 0x01]), randomBytes(3)])),
  () => Buffer.concat([Buffer.from([0xff]), randomBytes(63)]),
  () => Buffer.concat([Buffer.from([0x7f]), randomBytes(63)]),
  () => Buffer.alloc(4),
]

let running: RunningDdmq
beforeAll(async () => {
  running = await RunningDdmq.start()
}, 60_000)
afterAll(() => running[Symbol.asyncDispose]())

test.each([
  ['producer', 9613],
  ['consumer', 9713],
] as const)('PP-5 CP-20 200 garbage frames leave the %s proxy as it was', async (_, base) => {
  const queue = await running.createQueue()

  await forClients(async n => {
    const socket = await openSocket(running.ddmq.port(base))
    socket.write(GARBAGE[n % GARBAGE.length]?.() ?? '')
    await closed(socket)
  })

  expect(await sendThrough(queue)).toEqual(WELL)
})

test.each([
  ['producer', 9613],
  ['consumer', 9713],
] as const)('PP-6 200 half frames keep nobody else from the %s proxy', async (_, base) => {
  const queue = await running.createQueue()

  await forClients(async () => {
    const socket = await openSocket(running.ddmq.port(base))
    const header = Buffer.alloc(4)
    header.writeInt32BE(4_000_000)
    socket.write(Buffer.concat([header, randomBytes(1000)]))
  })

  expect(await sendThrough(queue)).toEqual(WELL)
})

test('PP-10 200 producers that vanish in the middle of a send cost the proxy nothing', async () => {
  const queue = await running.createQueue()
  const args = { message: wireMessage(queue.topic, { body: Buffer.from('vanished') }), timeout: 5000 }
  const frame = request(producerService.sendSync, args)

  await forClients(async n => {
    const socket = await openSocket(running.ddmq.port(9613))
    socket.write(frame, () => vanish(socket, n))
    await closed(socket)
  })

  const { code } = await (await running.producer()).send({ topic: queue.topic, body: 'last' })
  const consumer = await running.consumer(queue.group)
  const handled: string[] = []
  void consumer.run(({ message }) => void handled.push(Buffer.from(message.body).toString()))
  await eventually(() => expect(handled.at(-1)).toBe('last'))
  expect(code).toBe(0)
  expect(handled.length).toBeLessThanOrEqual(CLIENTS + 1)
})

test('200 consumers that vanish in the middle of a pull take no message with them', async () => {
  const queue = await running.createQueue({ subscription: { timeoutMs: 60_000 } })
  const frame = request(consumerService.pull, { request: { groupId: queue.group, maxLingerTime: 20_000 } })
  const sockets: Socket[] = []
  const parked = (): Promise<number> => running.metric('ddmq_consumer_proxy_parked_pulls')

  await forClients(async () => {
    const socket = await openSocket(running.ddmq.port(9713))
    sockets.push(socket)
    socket.write(frame)
  })
  await eventually(async () => expect(await parked()).toBe(CLIENTS))
  for (const [n, socket] of sockets.entries()) vanish(socket, n)

  expect(await sendThrough(queue)).toEqual(WELL)
  expect(await parked()).toBe(0)
})

const WELL = { code: 0, bodies: ['through'], readyz: 200 }

/** What becomes of one message that is sent and pulled, and what the process says of itself. */
async function sendThrough({ topic, group }: Queue): Promise<typeof WELL> {
  const body = Buffer.from('through')
  const { code } = await sendSync(await running.connect(9613), wireMessage(topic, { body }))
  const reply = await pull(await running.connect(9713), group)
  const { status } = await fetch(`http://127.0.0.1:${running.ddmq.port(9610)}/readyz`)
  return { code, bodies: bodiesOf(reply), readyz: status }
}

async function forClients(act: (client: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < CLIENTS; from += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, (_, n) => act(from + n)))
  }
}

function request<Args>(method: ThriftMethod<Args, unknown>, args: Args): Buffer {
  const writer = new CompactWriter()
  const mark = writer.frameBegin()
  writer.messageBegin(method.name, MessageType.call, 1)
  method.writeArgs(writer, args)
  writer.frameEnd(mark)
  return writer.take()
}

/** As a client that was killed, or as one whose machine was. */
function vanish(socket: Socket, n: number): void {
  if (n % 2 === 0) socket.destroy()
  else socket.resetAndDestroy()
}

/** Whatever the server says is thrown away. */
async function closed(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await new Promise(resolve => socket.once('close', resolve))
}
