import { eventually } from '@ddmq/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { consumerService, PullExceptionError, producerService } from '../../src/idl/index.ts'
import { MessageType, ThriftServer, type ThriftWriter } from '../../src/thrift/index.ts'
import {
  answersOthers,
  LIMITS,
  messageTo,
  openConnection,
  RawClient,
  request,
  sendSyncRequest,
  startServer,
} from './server-fixture.ts'

const OPTIONS = { timeoutMs: 10_000 }

function emptyStruct(writer: ThriftWriter): void {
  writer.fieldStop()
}

describe('requests and replies', () => {
  test('PP-1 all four methods are answered', async () => {
    const { port, calls } = await startServer()
    const connection = await openConnection(port)
    const message = messageTo('orders')

    const results = [
      await connection.call(producerService.sendSync, { message, timeout: 1 }, OPTIONS),
      await connection.call(producerService.sendBatchSync, { messages: [message, message] }, OPTIONS),
      await connection.call(producerService.sendAsync, { message }, OPTIONS),
      await connection.call(producerService.sendDelaySync, { delayMessage: undefined, timeout: 1 }, OPTIONS),
    ]

    expect(results.map(({ code, msg }) => [code, msg])).toEqual([
      [0, 'orders'],
      [0, '2'],
      [0, 'OK'],
      [0, 'OK'],
    ])
    expect(calls.map(({ method }) => method)).toEqual([
      'sendSync',
      'sendBatchSync',
      'sendAsync',
      'sendDelaySync',
    ])
  })

  test('PP-1 the sequence id of the request is echoed', async () => {
    const { port } = await startServer()
    const client = await RawClient.open(port)

    client.socket.write(sendSyncRequest(7, 'a'))
    client.socket.write(sendSyncRequest(-1, 'b'))

    await eventually(() => {
      expect(client.replies()).toEqual([
        { name: 'sendSync', sequenceId: 7, msg: 'a' },
        { name: 'sendSync', sequenceId: -1, msg: 'b' },
      ])
    })
  })

  test('PP-2 requests are started in order and answered in order, however they finish', async () => {
    const finish: (() => void)[] = []
    const { port, server } = await startServer(({ message }) => {
      const { promise, resolve } = Promise.withResolvers<{ code: number; msg: string }>()
      finish.push(() => resolve({ code: 0, msg: message?.topic ?? '' }))
      return promise
    })
    const client = await RawClient.open(port)

    client.socket.write(Buffer.concat([1, 2, 3].map(id => sendSyncRequest(id, `t${id}`))))
    await eventually(() => expect(server.inFlight).toBe(3))
    finish[2]?.()
    finish[1]?.()
    finish[0]?.()

    await eventually(() => {
      expect(client.replies()).toEqual(
        [1, 2, 3].map(id => ({ name: 'sendSync', sequenceId: id, msg: `t${id}` })),
      )
    })
    expect(server.inFlight).toBe(0)
  })

  test('PP-2 no more requests of a connection are handled at once than allowed', async () => {
    let running = 0
    let most = 0
    const { port } = await startServer(
      async ({ message }) => {
        running += 1
        most = Math.max(most, running)
        await new Promise(setImmediate)
        running -= 1
        return { code: 0, msg: message?.topic ?? '' }
      },
      { maxInFlightPerConnection: 2 },
    )
    const connection = await openConnection(port)

    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        connection.call(producerService.sendSync, { message: messageTo(`t${index}`), timeout: 0 }, OPTIONS),
      ),
    )

    expect(results.map(({ msg }) => msg)).toEqual(Array.from({ length: 50 }, (_, index) => `t${index}`))
    expect(most).toBe(2)
  })

  test('PP-3 CP-19 an unknown method gets application exception 1 and the connection stays', async () => {
    const { port } = await startServer()
    const connection = await openConnection(port)

    await expect(
      connection.call(consumerService.pull, { request: { groupId: 'cg' } }, OPTIONS),
    ).rejects.toMatchObject({ code: 'WIRE_APPLICATION', type: 1 })

    const { msg } = await connection.call(
      producerService.sendSync,
      { message: messageTo('t'), timeout: 0 },
      OPTIONS,
    )
    expect(msg).toBe('t')
  })

  test('CP-18 arguments that cannot be decoded get application exception 7 and the connection stays', async () => {
    const server = new ThriftServer({
      name: 'consumer-api',
      host: '127.0.0.1',
      port: 0,
      service: consumerService,
      handlers: {
        pull: () => ({ context: {}, messages: [] }),
        submit: () => true,
        getConsumeStats: () => [],
        fetch: () => ({ results: [] }),
        ack: () => true,
      },
      limits: { ...LIMITS, maxInFlightPerConnection: 1 },
      log: { warn: () => undefined, error: () => undefined } as never,
    })
    await server.start(new AbortController().signal)
    const client = await RawClient.open(server.address().port)

    for (const name of ['pull', 'submit', 'getConsumeStats', 'fetch', 'ack']) {
      client.socket.write(request(name, 1, emptyStruct))
    }

    await eventually(() => {
      expect(client.replies()).toEqual(
        ['pull', 'submit', 'getConsumeStats', 'fetch', 'ack'].map(name => ({
          name,
          sequenceId: 1,
          exception: 7,
        })),
      )
    })
    expect(client.isClosed).toBe(false)
    await server.stop(AbortSignal.abort())
  })

  test('PP-7 a Message without field 6 has the partition id −1', async () => {
    const { port } = await startServer(({ message }) => ({ code: message?.partitionId ?? 0, msg: '' }))
    const client = await RawClient.open(port)

    client.socket.write(
      request('sendSync', 1, writer => {
        writer.structBegin()
        writer.field(12, 1)
        writer.structBegin()
        writer.fieldStop()
        writer.structEnd()
        writer.fieldStop()
        writer.structEnd()
      }),
    )

    await eventually(() => expect(client.frames).toHaveLength(1))
    expect(client.frames[0]?.toString('hex')).toBe('8241010873656e6453796e630c00150118000000')
  })

  test('PP-10 a handler that throws, now or later, is answered with application exception 6', async () => {
    const { port, lines, calls } = await startServer(({ timeout }) => {
      const failure = new Error('the disk is on fire')
      if (timeout === 0) throw failure
      return Promise.reject(failure)
    })
    const connection = await openConnection(port)

    for (const timeout of [0, 1, 0, 1]) {
      await expect(
        connection.call(producerService.sendSync, { message: undefined, timeout }, OPTIONS),
      ).rejects.toMatchObject({ code: 'WIRE_APPLICATION', type: 6, message: 'the disk is on fire' })
    }

    expect(calls).toEqual(Array.from({ length: 4 }, () => ({ method: 'sendSync', failed: true })))
    expect(lines).toHaveLength(1)
  })

  test('PP-10 a result that cannot be written is answered with application exception 6', async () => {
    const { port } = await startServer(() => ({ code: 0, msg: undefined as never }))
    const connection = await openConnection(port)

    await expect(
      connection.call(producerService.sendSync, { message: undefined, timeout: 0 }, OPTIONS),
    ).rejects.toMatchObject({ type: 6 })
  })

  test('a handler that throws a declared exception answers with it, and nothing is logged', async () => {
    const lines: string[] = []
    const log = (_fields: object, message: string): void => void lines.push(message)
    const server = new ThriftServer({
      name: 'consumer-api',
      host: '127.0.0.1',
      port: 0,
      service: { submit: consumerService.submit },
      handlers: {
        submit: () => {
          throw new PullExceptionError({ code: 3, message: 'overloaded' })
        },
      },
      limits: LIMITS,
      log: { warn: log, error: log } as never,
    })
    await server.start(new AbortController().signal)
    onTestFinished(() => server.stop(AbortSignal.abort()))
    const connection = await openConnection(server.address().port)

    await expect(connection.call(consumerService.submit, { result: {} }, OPTIONS)).rejects.toMatchObject({
      code: 'WIRE_DECLARED_EXCEPTION',
      exception: { code: 3, message: 'overloaded' },
    })
    expect(connection.closed).toBe(false)
    expect(lines).toEqual([])
  })

  test('a oneway request is handled and not answered', async () => {
    const topics: (string | undefined)[] = []
    const { port } = await startServer(({ message }) => {
      topics.push(message?.topic)
      return { code: 0, msg: message?.topic ?? '' }
    })
    const client = await RawClient.open(port)
    const oneway = request(
      'sendSync',
      1,
      writer => producerService.sendSync.writeArgs(writer, { message: messageTo('quiet'), timeout: 0 }),
      MessageType.oneway,
    )

    client.socket.write(Buffer.concat([oneway, sendSyncRequest(2, 'loud')]))

    await eventually(() =>
      expect(client.replies()).toEqual([{ name: 'sendSync', sequenceId: 2, msg: 'loud' }]),
    )
    expect(topics).toEqual(['quiet', 'loud'])
  })
})

describe('starting and stopping', () => {
  test('a busy port is refused with an error that names it', async () => {
    const { port } = await startServer()
    const second = new ThriftServer({
      name: 'second',
      host: '127.0.0.1',
      port,
      service: {},
      handlers: {},
      limits: LIMITS,
      log: { warn: () => undefined, error: () => undefined } as never,
    })

    await expect(second.start(new AbortController().signal)).rejects.toMatchObject({
      code: 'WIRE_LISTEN_FAILED',
      message: `second cannot listen on 127.0.0.1:${port}`,
    })
  })

  test('stopping closes idle connections, answers what is under way, and refuses new connections', async () => {
    const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
    const seen: boolean[] = []
    const { port, server } = await startServer(async ({ message }, call) => {
      seen.push(call.draining)
      await finished
      return { code: 0, msg: message?.topic ?? '' }
    })
    const busy = await openConnection(port)
    const idle = await RawClient.open(port)
    const first = busy.call(producerService.sendSync, { message: messageTo('first'), timeout: 0 }, OPTIONS)
    await eventually(() => expect(server.inFlight).toBe(1))

    const stopped = server.stop(AbortSignal.timeout(20_000))
    await eventually(() => expect(idle.isClosed).toBe(true))
    const second = busy.call(producerService.sendSync, { message: messageTo('second'), timeout: 0 }, OPTIONS)
    await eventually(() => expect(seen).toEqual([false, true]))
    await expect(openConnection(port)).rejects.toMatchObject({ code: 'WIRE_NOT_SENT' })
    finish()

    expect([(await first).msg, (await second).msg]).toEqual(['first', 'second'])
    await stopped
    expect(server.connections).toBe(0)
  })

  test('a request that is on its way when stopping begins is handled and answered', async () => {
    const seen: boolean[] = []
    const { port, server } = await startServer(({ message }, call) => {
      seen.push(call.draining)
      return { code: 0, msg: message?.topic ?? '' }
    })
    const client = await RawClient.open(port)
    await eventually(() => expect(server.connections).toBe(1))

    const stopped = server.stop(AbortSignal.timeout(20_000))
    client.socket.write(Buffer.concat([sendSyncRequest(1, 'first'), sendSyncRequest(2, 'second')]))
    await stopped

    await eventually(() => expect(client.isClosed).toBe(true))
    expect(client.replies()).toEqual([
      { name: 'sendSync', sequenceId: 1, msg: 'first' },
      { name: 'sendSync', sequenceId: 2, msg: 'second' },
    ])
    expect(seen).toEqual([true, true])
    expect(server.connections).toBe(0)
  })

  test('idle connections do not keep a server beyond its deadline', async () => {
    const { port, server } = await startServer()
    const client = await RawClient.open(port)
    await eventually(() => expect(server.connections).toBe(1))

    await server.stop(AbortSignal.abort())

    await eventually(() => expect(client.isClosed).toBe(true))
    expect(server.connections).toBe(0)
  })

  test('at the deadline connections that are still busy are destroyed', async () => {
    const { port, server } = await startServer(() => new Promise(() => undefined))
    const connection = await openConnection(port)
    const call = connection.call(producerService.sendSync, { message: messageTo('t'), timeout: 0 }, OPTIONS)
    await eventually(() => expect(server.inFlight).toBe(1))

    const [outcome] = await Promise.allSettled([call, server.stop(AbortSignal.timeout(10))])

    expect(outcome).toMatchObject({ reason: { code: 'WIRE_OUTCOME_UNKNOWN', timeoutMs: undefined } })
    expect(server).toMatchObject({ connections: 0, inFlight: 0, readBufferBytes: 0 })
  })

  test('more connections than allowed are refused, and those there are served', async () => {
    const { port, server } = await startServer(undefined, { maxConnections: 1 })
    const connection = await openConnection(port)
    const refused = await RawClient.open(port)

    await eventually(() => expect(refused.isClosed).toBe(true))
    const { code } = await connection.call(
      producerService.sendSync,
      { message: messageTo('t'), timeout: 0 },
      OPTIONS,
    )
    expect(code).toBe(0)
    expect(server.connections).toBe(1)
    connection.close()
    await eventually(() => expect(server.connections).toBe(0))
    expect(await answersOthers(port)).toBe(true)
  })
})
