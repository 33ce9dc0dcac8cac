import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import { freePort, tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { Ddmq } from './ddmq-process.ts'

/** What `ddmq send` says when the console names this producer proxy. */
async function errorOfSend(producerProxy: string): Promise<string> {
  const data = { producerProxies: [producerProxy], consumerProxies: [] }
  const console = createHttpServer((_, response) => {
    response.end(JSON.stringify({ errno: 0, errmsg: 'SUCCESS', data }))
  })
  const url = `http://127.0.0.1:${await portOf(console)}`
  const home = await tempDir()
  onTestFinished(() => home[Symbol.asyncDispose]())
  const { code, stderr } = await new Ddmq(home.path).run('send', 'orders', 'x', '--console', url)
  expect(code).not.toBe(0)
  return stderr
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address object')
  return address.port
}

test('a message that no proxy was reached with is not sent', async () => {
  const proxy = `127.0.0.1:${await freePort()}`

  expect(await errorOfSend(proxy)).toContain(`not sent: cannot connect to ${proxy} (code 111)`)
})

test('a message whose proxy died over it is not acknowledged, though the last attempt reached nobody', async () => {
  const dying = createServer(connection => {
    connection.once('data', () => {
      dying.close()
      connection.destroy()
    })
  })
  const proxy = `127.0.0.1:${await portOf(dying)}`

  const said = `not acknowledged: cannot connect to ${proxy}; it may have been stored (code 111)`
  expect(await errorOfSend(proxy)).toContain(said)
})
