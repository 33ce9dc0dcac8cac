import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { eventually } from '@ddmq/testkit'
import { afterEach, expect, test } from 'vitest'
import { bareHttpServer } from '../src/peers/bare-http.ts'

const POST = 'POST /in HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'

const server = bareHttpServer((method, body) => {
  requests.push(`${method} ${body}`)
  return `answer ${requests.length}`
})
let requests: string[] = []
let sockets: Socket[] = []

afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  server.close()
  await once(server, 'close')
  requests = []
  sockets = []
})

/** Both ends of a connection. */
async function connected(): Promise<readonly [client: Socket, served: Socket]> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true })
  const [served] = (await once(server, 'connection')) as [Socket]
  sockets = [client, served]
  return [client.setEncoding('latin1'), served]
}

test('a request whose head and body come in parts is answered once, when it is complete', async () => {
  const [client, served] = await connected()
  const received: string[] = []
  client.on('data', (text: string) => received.push(text))
  const ends = [10, POST.indexOf('\r\n\r\n') + 2, POST.length - 5, POST.length - 2, POST.length]

  for (const [index, end] of ends.entries()) {
    expect(requests).toEqual([])
    client.write(POST.slice(ends[index - 1] ?? 0, end))
    await eventually(() => expect(served.bytesRead).toBe(end))
  }

  await eventually(() => expect(received.join('')).toMatch(/\r\n\r\nanswer 1$/))
  expect(received.join('')).toMatch(/^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*Content-Length: 8\r\n\r\n/)
  expect(requests).toEqual(['POST hello'])
})

test('requests that come together are answered each, in their order', async () => {
  const [client] = await connected()
  let received = ''
  client.on('data', (text: string) => (received += text))

  client.write(`${POST}GET / HTTP/1.1\r\nHost: a\r\n\r\n${POST.replace('hello', 'again')}`)

  await eventually(() => expect(received).toMatch(/answer 1HTTP.*answer 2HTTP.*answer 3$/s))
  expect(requests).toEqual(['POST hello', 'GET ', 'POST again'])
})

test.each(['Transfer-Encoding: chunked', 'Expect: 100-continue'])(
  'a request with %s is an error',
  async header => {
    const [, served] = await connected()
    const request = `POST / HTTP/1.1\r\nHost: a\r\n${header}\r\n\r\n5\r\nhello\r\n0\r\n\r\n`

    expect(() => served.emit('data', request)).toThrow('a request of another kind')
    expect(requests).toEqual([])
  },
)
