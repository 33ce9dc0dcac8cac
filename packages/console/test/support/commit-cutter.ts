import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export type Cut = 'before the server has it' | 'before the answer is back'

/** Stands between a console and its server; cuts the next connection that sends COMMIT, when it is armed. */
export async function startCommitCutter(target: { readonly host: string; readonly port: number }) {
  let armed: Cut | undefined
  let cuts = 0
  const sockets = new Set<Socket>()
  const server = createServer(client => {
    const upstream = connect(target)
    let isCut = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        if (!isCut) upstream.destroy()
      })
    }
    client.on('data', chunk => {
      if (armed === undefined || !chunk.includes('commit')) {
        upstream.write(chunk)
        return
      }
      isCut = true
      cuts += 1
      if (armed === 'before the answer is back') {
        // The server's answer says that it is done; the client never gets it.
        upstream.once('data', () => upstream.destroy())
        upstream.write(chunk)
      } else upstream.destroy()
      armed = undefined
      client.destroy()
    })
    upstream.on('data', chunk => {
      if (!isCut) client.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address object')
  return {
    host: `127.0.0.1:${address.port}`,
    arm(cut: Cut) {
      armed = cut
    },
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
