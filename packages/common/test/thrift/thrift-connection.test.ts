import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { eventually, freePort } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { producerService } from '../../src/idl/index.ts'
import { CompactWriter, MessageType, ThriftConnection, ThriftServer } from '../../src/thrift/index.ts'
import { framed, LIMITS, messageTo, openConnection, startServer } from './server-fixture.ts'

const ARGS = { message: messageTo('t'), timeout: 0 }
const { sendSync } = producerService

/** A server that reads everything and answers what the test says. */
async function startPeer(answer: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', () => answer(socket))
  }).listen(0, '127.0.0.1')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

function reply(sequenceId: number): Buffer {
  const writer = new CompactWriter()
  writer.messageBegin('sendSync', MessageType.reply, sequenceId)
  sendSync.writeResult(writer, { code: 0, msg: 'OK' })
  return framed(writer.take())
}

test('nobody listening is certainly not sent', async () => {
  const port = await freePort()

  await expect(openConnection(port)).rejects.toMatchObject({ code: 'WIRE_NOT_SENT' })
})

test('an aborted connect rejects with the reason', async () => {
  const reason = new Error('changed my mind')

  await expect(
    ThriftConnection.connect({
      host: '127.0.0.1',
      port: 1,
      connectTimeoutMs: 1_000,
      signal: AbortSignal.abort(reason),
    }),
  ).rejects.toBe(reason)
})

test('a call on a closed connection is certainly not sent', async () => {
  const { port } = await startServer()
  const connection = await openConnection(port)

  connection.close()

  await expect(connection.call(sendSync, ARGS, { timeoutMs: 1_000 })).rejects.toMatchObject({
    code: 'WIRE_NOT_SENT',
  })
})

test('a call that takes too long closes the connection, and no outcome is known', async () => {
  const port = await startPeer(() => undefined)
  const connection = await openConnection(port)
  let closed = 0
  connection.onClose(() => {
    closed += 1
  })

  const slow = connection.call(sendSync, ARGS, { timeoutMs: 50 })
  const behind = connection.call(sendSync, ARGS, { timeoutMs: 20_000 })

  const outcomes = await Promise.allSettled([slow, behind])

  expect(outcomes).toMatchObject([
    { reason: { code: 'WIRE_OUTCOME_UNKNOWN', timeoutMs: 50 } },
    { reason: { code: 'WIRE_OUTCOME_UNKNOWN', timeoutMs: undefined } },
  ])
  expect([connection.closed, connection.inFlight, closed]).toEqual([true, 0, 1])
})

test('an aborted call closes the connection, one aborted before was not sent', async () => {
  const port = await startPeer(() => undefined)
  const connection = await openConnection(port)
  const controller = new AbortController()
  const call = connection.call(sendSync, ARGS, { timeoutMs: 20_000, signal: controller.signal })
  const late = connection.call(sendSync, ARGS, { timeoutMs: 20_000, signal: AbortSignal.abort() })

  await expect(late).rejects.toMatchObject({ code: 'WIRE_NOT_SENT' })
  expect(connection.closed).toBe(false)
  controller.abort()

  await expect(call).rejects.toMatchObject({ code: 'WIRE_OUTCOME_UNKNOWN', timeoutMs: undefined })
  expect(connection.closed).toBe(true)
})

test.each([
  ['closes the connection', (socket: Socket) => void socket.destroy()],
  ['answers another sequence id', (socket: Socket) => void socket.write(reply(77))],
  ['answers nonsense', (socket: Socket) => void socket.write(framed(Buffer.from('nonsense')))],
  [
    'announces a frame that is too long',
    (socket: Socket) => void socket.write(Buffer.from('7fffffff', 'hex')),
  ],
])('no outcome is known when the server %s', async (_case, answer) => {
  const port = await startPeer(answer)
  const connection = await openConnection(port)

  await expect(connection.call(sendSync, ARGS, { timeoutMs: 20_000 })).rejects.toMatchObject({
    code: 'WIRE_OUTCOME_UNKNOWN',
    timeoutMs: undefined,
  })
  expect(connection.closed).toBe(true)
})

test('arguments that cannot be written are refused and the connection stays', async () => {
  const { port } = await startServer()
  const connection = await openConnection(port)

  await expect(
    connection.call(sendSync, { ...ARGS, timeout: 0.5 }, { timeoutMs: 1_000 }),
  ).rejects.toMatchObject({
    code: 'WIRE_VALUE_OUT_OF_RANGE',
  })

  expect((await connection.call(sendSync, ARGS, { timeoutMs: 20_000 })).code).toBe(0)
})

test('a close by the server is noticed without a call', async () => {
  const { port, server } = await startServer()
  const connection = await openConnection(port)

  await server.stop(AbortSignal.timeout(10_000))

  await eventually(() => expect(connection.closed).toBe(true))
})

test('both sides can speak the binary protocol', async () => {
  const server = new ThriftServer({
    name: 'binary-api',
    host: '127.0.0.1',
    port: 0,
    service: { sendSync },
    handlers: { sendSync: ({ message }) => ({ code: 0, msg: message?.topic ?? '' }) },
    limits: LIMITS,
    log: { warn: () => undefined, error: () => undefined } as never,
    protocol: 'binary',
  })
  await server.start(new AbortController().signal)
  onTestFinished(() => server.stop(AbortSignal.abort()))
  const connection = await ThriftConnection.connect({
    ...server.address(),
    connectTimeoutMs: 5_000,
    protocol: 'binary',
  })

  expect((await connection.call(sendSync, ARGS, { timeoutMs: 20_000 })).msg).toBe('t')
  connection.close()
})
