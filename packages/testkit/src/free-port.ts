import { once } from 'node:events'
import { createServer } from 'node:net'

/** A TCP port on the loopback that was free a moment ago. Prefer port 0 where the server tells its address. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address object')
  server.close()
  await once(server, 'close')
  return address.port
}
