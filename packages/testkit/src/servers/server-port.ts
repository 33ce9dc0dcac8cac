import { once } from 'node:events'
import { createServer } from 'node:net'

const LOWEST = 15_000
const HIGHEST = 31_999

/**
 * A free TCP port on the loopback for a server that is killed and started again: below the range that the system gives to
 * outgoing connections, so that none of them takes the port while the server is down. Drawn at random, because several
 * test processes draw at the same time.
 */
export async function serverPort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1))
    if (await isPortFree(port)) return port
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST}`)
}

/** That many different ports. */
export async function serverPorts(count: number): Promise<readonly number[]> {
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await serverPort())
  return [...ports]
}

/** Does nothing listen there on the loopback? */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer()
  const listening = once(server, 'listening').then(
    () => true,
    () => false,
  )
  server.listen(port, '127.0.0.1')
  const free = await listening
  server.close()
  return free
}
