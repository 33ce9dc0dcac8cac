import { once } from 'node:events'
import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ConsoleClient } from '../../src/console-client.ts'

async function consoleThatSays(errmsg: string) {
  const server = createServer((_, response) => {
    response.end(JSON.stringify({ data: 'kept', errmsg, errno: 0 }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address object')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

test.each([
  ['SUCCESS', []],
  ['saved, but not yet published: the tree is away', ['saved, but not yet published: the tree is away']],
])('a success with the words %o notes %o', async (errmsg, expected) => {
  await using console = await consoleThatSays(errmsg)
  const notes: string[] = []
  const client = new ConsoleClient(console.url, 'token', note => notes.push(note))

  expect(await client.get('/anything', z.string())).toBe('kept')
  expect(notes).toEqual(expected)
})
