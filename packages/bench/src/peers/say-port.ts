import { once } from 'node:events'
import type { Server } from 'node:net'

/** Listens and prints the line that `spawnServer` waits for. */
export async function sayPort(server: Server): Promise<void> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address !== 'object') throw new Error('no TCP server')
  process.stdout.write(`listening on ${address.port}\n`)
}
