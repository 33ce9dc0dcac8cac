import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually, FaultProxy } from '@ddmq/testkit'
import { expect, test } from 'vitest'

/** An echo server behind a proxy. */
async function echo() {
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const proxy = await FaultProxy.to(address.port)
  return {
    proxy,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      server.close()
      await once(server, 'close')
    },
  }
}

/** A client that collects what it is sent. */
function client(port: number) {
  const socket = connect(port, '127.0.0.1')
  const state = { received: '', error: '', ended: false, socket }
  socket.on('data', bytes => {
    state.received += bytes.toString()
  })
  socket.on('error', error => {
    state.error = 'code' in error ? String(error.code) : error.message
  })
  socket.on('end', () => {
    state.ended = true
  })
  return state
}

async function roundTripMs(socket: Socket, text: string): Promise<number> {
  const startMs = performance.now()
  const echoed = once(socket, 'data')
  socket.write(text)
  await echoed
  return performance.now() - startMs
}

test('carries bytes and ends both ways, unharmed and in order', async () => {
  await using behind = await echo()
  const { socket, ...unused } = client(behind.proxy.port)
  expect(unused.received).toBe('')
  const text = Array.from({ length: 200_000 }, (_, index) => `${index} `).join('')
  let received = ''
  socket.on('data', bytes => {
    received += bytes.toString()
  })

  socket.end(text)
  await once(socket, 'end')

  expect(received === text).toBe(true)
  await eventually(() => expect(behind.proxy.connections).toBe(0))
})

test('delays one direction, and stops when healed', async () => {
  await using behind = await echo()
  const { socket } = client(behind.proxy.port)

  behind.proxy.delay(150, 'toClient')
  const slowMs = await roundTripMs(socket, 'a')
  behind.proxy.delay(3_600_000)
  const echoed = once(socket, 'data')
  socket.write('b')
  behind.proxy.heal()
  await echoed

  expect(slowMs).toBeGreaterThanOrEqual(149)
})

test('half-open: accepts and carries nothing, then all of it in order', async () => {
  await using behind = await echo()
  const early = client(behind.proxy.port)
  await roundTripMs(early.socket, '-')
  behind.proxy.stall()
  const late = client(behind.proxy.port)

  early.socket.write('a')
  late.socket.write('b')
  await delay(100)
  const whileStalled = [early.received, late.received]
  early.socket.write('c')
  behind.proxy.heal()

  expect(whileStalled).toEqual(['-', ''])
  await eventually(() => expect([early.received, late.received]).toEqual(['-ac', 'b']))
})

test('cut resets what is open and serves what comes; refuse resets both', async () => {
  await using behind = await echo()
  const first = client(behind.proxy.port)
  await roundTripMs(first.socket, 'w')

  behind.proxy.cut()
  await eventually(() => expect(first.error).toBe('ECONNRESET'))
  const second = client(behind.proxy.port)
  second.socket.write('x')
  await eventually(() => expect(second.received).toBe('x'))
  behind.proxy.refuse()
  await eventually(() => expect(second.error).toBe('ECONNRESET'))
  const third = client(behind.proxy.port)
  await eventually(() => expect(third.error).toBe('ECONNRESET'))

  behind.proxy.heal()
  const fourth = client(behind.proxy.port)
  fourth.socket.end('y')
  await eventually(() => expect([fourth.received, fourth.ended]).toEqual(['y', true]))
})

test('throttles', async () => {
  await using behind = await echo()
  const { socket } = client(behind.proxy.port)
  behind.proxy.throttle(10_000, 'toServer')

  const startMs = performance.now()
  socket.end('z'.repeat(3000))
  socket.resume()
  await once(socket, 'end')

  expect(performance.now() - startMs).toBeGreaterThanOrEqual(290)
})
