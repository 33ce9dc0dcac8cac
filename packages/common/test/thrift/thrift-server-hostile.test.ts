import { randomBytes } from 'node:crypto'
import { eventually } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { producerService } from '../../src/idl/index.ts'
import {
  answersOthers,
  framed,
  messageTo,
  openConnection,
  RawClient,
  sendSyncRequest,
  startServer,
} from './server-fixture.ts'

const CLIENTS = 1_000
const AT_ONCE = 100

/** Opens 1,000 clients, 100 at a time. */
async function eachClient(port: number, use: (client: RawClient) => Promise<void>): Promise<void> {
  for (let opened = 0; opened < CLIENTS; opened += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, async () => use(await RawClient.open(port))))
  }
}

test.each([
  ['PP-4 CP-20 a frame longer than the limit', 100_001],
  ['PP-4 CP-20 a frame as long as can be', 0x7fff_ffff],
  ['PP-5 a frame of length 0', 0],
  ['PP-5 a frame of negative length', -1],
])('%s closes its connection and no other', async (_case, length) => {
  const { port, lines } = await startServer()
  const other = await openConnection(port)
  const client = await RawClient.open(port)
  const header = Buffer.alloc(4)
  header.writeInt32BE(length)

  client.socket.write(header)

  await eventually(() => expect(client.isClosed).toBe(true))
  const { code } = await other.call(
    producerService.sendSync,
    { message: messageTo('t'), timeout: 0 },
    { timeoutMs: 10_000 },
  )
  expect(code).toBe(0)
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', message: 'bad frame' })])
})

test('1,000 clients that send garbage cost their connections and one log line', async () => {
  const { port, server, lines } = await startServer()

  await eachClient(port, async client => {
    client.socket.write(framed(Buffer.concat([Buffer.from([0x16]), randomBytes(200)])))
    await eventually(() => expect(client.isClosed).toBe(true))
  })

  await eventually(() => expect(server).toMatchObject({ connections: 0, inFlight: 0, readBufferBytes: 0 }))
  expect(lines).toHaveLength(1)
  expect(await answersOthers(port)).toBe(true)
})

test('1,000 clients that stop in the middle of a frame hinder nobody and are closed in time', async () => {
  const { port, server } = await startServer(undefined, { frameProgressTimeoutMs: 500 })
  const clients: RawClient[] = []

  await eachClient(port, async client => {
    clients.push(client)
    client.socket.write(sendSyncRequest(1, 't', 500).subarray(0, 100))
  })

  expect(await answersOthers(port)).toBe(true)
  await eventually(() => expect(clients.every(client => client.isClosed)).toBe(true))
  await eventually(() => expect(server).toMatchObject({ connections: 0, inFlight: 0, readBufferBytes: 0 }))
})

test('1,000 clients that vanish while their call is handled leave nothing behind', async () => {
  let gone = 0
  const { port, server } = await startServer(({ message }, call) => {
    if (message?.topic !== 'parked') return { code: 0, msg: '' }
    call.onDisconnect(() => {
      gone += 1
    })
    return new Promise(() => undefined)
  })

  const clients: RawClient[] = []
  await eachClient(port, async client => {
    clients.push(client)
    client.socket.write(sendSyncRequest(1, 'parked'))
  })
  await eventually(() => expect(server.inFlight).toBe(CLIENTS))
  clients.forEach((client, index) =>
    index % 2 === 0 ? client.socket.destroy() : client.socket.resetAndDestroy(),
  )

  await eventually(() => expect(server).toMatchObject({ connections: 0, inFlight: 0, readBufferBytes: 0 }))
  expect(gone).toBe(CLIENTS)
  expect(await answersOthers(port)).toBe(true)
})

test('PP-6 while the read budget is used up, frames wait and are served later', async () => {
  const parked: (() => void)[] = []
  const { port, server } = await startServer(
    ({ message }) => {
      const answer = { code: 0, msg: message?.topic ?? '' }
      if (message?.topic !== 'parked') return answer
      return new Promise(resolve => parked.push(() => resolve(answer)))
    },
    { maxReadBufferBytes: 200_000, maxFrameBytes: 100_000 },
  )
  const holders = await Promise.all([1, 2, 3].map(() => RawClient.open(port)))
  for (const holder of holders) holder.socket.write(sendSyncRequest(1, 'parked', 90_000))
  await eventually(() => expect(parked).toHaveLength(3))
  expect(server.readBufferBytes).toBeGreaterThan(200_000)

  const waiting = await Promise.all(Array.from({ length: 5 }, () => RawClient.open(port)))
  for (const client of waiting) client.socket.write(sendSyncRequest(2, 'late', 90_000))
  await eventually(() => expect(waiting.some(client => client.frames.length === 1)).toBe(true))
  for (const finish of parked) finish()

  await eventually(() => {
    for (const client of waiting)
      expect(client.replies()).toEqual([{ name: 'sendSync', sequenceId: 2, msg: 'late' }])
  })
  await eventually(() => expect(server.readBufferBytes).toBe(0))
})

test('PP-6 unfinished frames alone, more than the budget, finish one after the other', async () => {
  const { port, server } = await startServer(undefined, { maxReadBufferBytes: 50_000 })
  const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.open(port)))
  const bytes = sendSyncRequest(1, 't', 90_000)

  for (const client of clients) client.socket.write(bytes.subarray(0, 60_000))
  await eventually(() => expect(server.readBufferBytes).toBeGreaterThan(50_000))
  for (const client of clients) client.socket.write(bytes.subarray(60_000))

  await eventually(() => {
    for (const client of clients) expect(client.frames).toHaveLength(1)
  })
  expect(server.readBufferBytes).toBe(0)
})

test('a client that does not read its replies is not read either, and loses none of them', async () => {
  const msg = 'x'.repeat(20_000)
  let handled = 0
  const { port, server } = await startServer(() => {
    handled += 1
    return { code: 0, msg }
  })
  const client = await RawClient.open(port)
  const requests = 2_000
  client.socket.pause()

  client.socket.write(
    Buffer.concat(Array.from({ length: requests }, (_, index) => sendSyncRequest(index, 't'))),
  )
  await eventually(() => expect(server.readBufferBytes).toBeGreaterThan(0))
  expect(await answersOthers(port)).toBe(true)
  expect(handled).toBeLessThan(requests)
  client.socket.resume()

  await eventually(() => expect(client.frames).toHaveLength(requests), 20_000)
  expect(server.readBufferBytes).toBe(0)
})

test('a client that piles up requests and takes no reply is closed in time', async () => {
  const msg = 'x'.repeat(20_000)
  const { port, server } = await startServer(() => ({ code: 0, msg }), { frameProgressTimeoutMs: 1_000 })
  const client = await RawClient.open(port)
  client.socket.pause()

  client.socket.write(Buffer.concat(Array.from({ length: 5_000 }, (_, index) => sendSyncRequest(index, 't'))))

  await eventually(() => expect(server.readBufferBytes).toBeGreaterThan(0))
  await eventually(() => expect(server).toMatchObject({ connections: 0, readBufferBytes: 0 }))
})

test('small requests are answered while the budget is used up by frames that do not end', async () => {
  const { port, server } = await startServer(undefined, { maxReadBufferBytes: 50_000 })
  const holders = await Promise.all(Array.from({ length: 5 }, () => RawClient.open(port)))
  for (const holder of holders) holder.socket.write(sendSyncRequest(1, 't', 90_000).subarray(0, 80_000))
  await eventually(() => expect(server.readBufferBytes).toBeGreaterThan(50_000))
  const connection = await openConnection(port)

  for (let call = 0; call < 10; call++) {
    const args = { message: messageTo('small'), timeout: 0 }
    const { msg } = await connection.call(producerService.sendSync, args, { timeoutMs: 10_000 })
    expect(msg).toBe('small')
  }
})

test('idle connections are closed, busy ones are not', async () => {
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>()
  const { port, server } = await startServer(
    async () => {
      await finished
      return { code: 0, msg: 'done' }
    },
    { idleTimeoutMs: 1_000 },
  )
  const busy = await openConnection(port)
  const call = busy.call(
    producerService.sendSync,
    { message: messageTo('t'), timeout: 0 },
    { timeoutMs: 20_000 },
  )
  await eventually(() => expect(server.inFlight).toBe(1))
  const idle = await RawClient.open(port)

  await eventually(() => expect(idle.isClosed).toBe(true))
  finish()

  expect((await call).msg).toBe('done')
})
