import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { FaultConnection, Faults } from './fault-pipe.ts'

export type Direction = 'toServer' | 'toClient'

/**
 * Stands between a client and a server on the loopback and spoils the network on demand: `await using proxy = await
 * FaultProxy.to(port)`. A fault holds, for open and new connections, until the next one or `heal`.
 */
export class FaultProxy implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #faults = { toServer: new Faults(), toClient: new Faults() }
  readonly #open = new Set<FaultConnection>()
  readonly #target: number
  #isRefusing = false
  #accepted = 0

  private constructor(server: Server, port: number, target: number) {
    this.port = port
    this.#server = server
    this.#target = target
    server.on('connection', client => this.#accept(client))
  }

  /** Listens on `port`, or on one of the system's choice, for connections to the server at `target`. */
  static async to(target: number, port = 0): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('a TCP server has an address object')
    return new FaultProxy(server, address.port, target)
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#open.size
  }

  /** Connections that clients made so far, refused ones too. */
  get accepted(): number {
    return this.#accepted
  }

  /** Every byte arrives that much later. */
  delay(delayMs: number, direction?: Direction): void {
    this.#set({ delayMs }, direction)
  }

  /** Each connection carries at most that many bytes per second. */
  throttle(bytesPerSecond: number, direction?: Direction): void {
    this.#set({ bytesPerSecond }, direction)
  }

  /** Half-open: connections are accepted and stay open, and nothing arrives. What was sent arrives after `heal`. */
  stall(direction?: Direction): void {
    this.#set({ isStalled: true }, direction)
  }

  /** Resets the open connections; new ones are served. */
  cut(): void {
    for (const connection of this.#open) connection.reset()
  }

  /** Resets the open connections and all new ones. */
  refuse(): void {
    this.#isRefusing = true
    this.cut()
  }

  heal(): void {
    this.#isRefusing = false
    this.#set({})
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.refuse()
    const closed = once(this.#server, 'close')
    this.#server.close()
    await closed
  }

  #set(faults: Parameters<Faults['set']>[0], direction?: Direction): void {
    for (const name of ['toServer', 'toClient'] as const) {
      if (direction === undefined || direction === name) this.#faults[name].set(faults)
    }
  }

  #accept(client: Socket): void {
    this.#accepted++
    if (this.#isRefusing) {
      client.on('error', () => undefined)
      client.resetAndDestroy()
      return
    }
    const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const connection = new FaultConnection(client, server, this.#faults)
    this.#open.add(connection)
    connection.closed.addEventListener('abort', () => this.#open.delete(connection), { once: true })
  }
}
