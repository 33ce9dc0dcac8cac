import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ServerName } from './connect-string.ts'
import { connectionProblem } from './connection-problem.ts'
import type { ZooKeeperSettings } from './settings.ts'

/**
 * A connection to one server: its name is looked up and, with TLS, files of certificates are read anew each time. Rejects
 * with a few words that go after the server's address, or when the signal aborts.
 */
export async function dial(
  { host, port }: ServerName,
  tls: ZooKeeperSettings['tls'],
  withinMs: number,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = tls === undefined ? connect({ host, port }) : await tlsSocket({ host, port }, tls)
  const timer = setTimeout(() => socket.destroy(new Error('does not accept a connection')), withinMs)
  try {
    await once(socket, tls === undefined ? 'connect' : 'secureConnect', { signal })
    return socket
  } catch (cause) {
    socket.destroy()
    throw new Error(connectionProblem(cause), { cause })
  } finally {
    clearTimeout(timer)
  }
}

async function tlsSocket(
  { host, port }: ServerName,
  tls: NonNullable<ZooKeeperSettings['tls']>,
): Promise<Socket> {
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(contentOf))
  const serverName = tls.serverName ?? (isIP(host) === 0 ? host : undefined)
  return connectTls({
    host,
    port,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(tls.keyPassphrase !== undefined && { passphrase: tls.keyPassphrase }),
    ...(serverName !== undefined && { servername: serverName }),
  })
}

async function contentOf(file: string | undefined): Promise<Buffer | undefined> {
  return file === undefined ? undefined : readFile(file)
}
