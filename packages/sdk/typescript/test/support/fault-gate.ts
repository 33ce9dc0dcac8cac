import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/**
 * `pass`: bytes flow. `hang`: requests reach the server, its replies do not come back. `cut`: the next reply ends its
 * connection instead of coming back, so the server has acted and the client cannot know; then bytes flow again.
 */
export type GateMode = 'pass' | 'hang' | 'cut'

/** A TCP relay in front of a server, through which a test makes the network fail. */
export class FaultGate implements AsyncDisposable {
  mode: GateMode = 'pass'
  /** Connections accepted since the start. */
  accepted = 0
  readonly #upstreamPort: number
  readonly #sockets = new Set<Socket>()
  #server: Server | undefined
  #port = 0

  constructor(upstreamPort: number) {
    this.#upstreamPort = upstreamPort
  }

  get endpoint(): string {
    return `127.0.0.1:${this.#port}`
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size
  }

  /** Listens; after `close` on the same port as before. */
  async listen(): Promise<this> {
    this.#server = createServer(socket => this.#relay(socket)).listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  /** Ends all connections and refuses new ones. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    this.endConnections()
    if (server === undefined) return
    server.close()
    await once(server, 'close')
  }

  /** Ends all connections, as a restart of the server does. */
  endConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #relay(client: Socket): void {
    this.accepted += 1
    this.#sockets.add(client)
    const upstream = connect(this.#upstreamPort, '127.0.0.1')
    const end = (): void => {
      this.#sockets.delete(client)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of [client, upstream]) socket.on('close', end).on('error', end)
    client.on('data', bytes => upstream.write(bytes))
    upstream.on('data', bytes => {
      if (this.mode === 'pass') client.write(bytes)
      if (this.mode !== 'cut') return
      this.mode = 'pass'
      end()
    })
  }
}
