import type { Logger } from '@ddmq/common/log'
import { Connection, type ConnectionOptions } from '@platformatic/kafka'
import type { KafkaHealth } from './kafka-health.ts'

export interface NodeAddress {
  readonly host: string
  readonly port: number
}

/**
 * What a connection is for. A broker answers the requests of one connection in turn, so a request that may wait (a long
 * poll, a join) has a channel of its own, and whoever needs not to wait for others uses another name.
 */
export type Channel = string

/**
 * Connections to the brokers of one cluster, one per address and channel, made when they are asked for.
 *
 * K1 A connection that failed is forgotten at once; the next call makes a new one.
 * K2 No event of a connection is without a listener, so none of them can end the process.
 */
export class Connections {
  readonly #clientId: string
  readonly #options: ConnectionOptions
  readonly #health: KafkaHealth
  readonly #log: Logger
  readonly #open = new Map<string, Promise<Connection>>()
  #closed = false

  constructor(
    options: { readonly clientId: string; readonly connection: ConnectionOptions },
    deps: { readonly health: KafkaHealth; readonly log: Logger },
  ) {
    this.#clientId = options.clientId
    this.#options = options.connection
    this.#health = deps.health
    this.#log = deps.log
  }

  /** `requestTimeoutMs` counts for a connection that is not there yet. */
  get(address: NodeAddress, channel: Channel, requestTimeoutMs?: number): Promise<Connection> {
    const key = `${address.host}:${address.port}/${channel}`
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const opening = this.#connect(key, address, requestTimeoutMs)
    this.#open.set(key, opening)
    opening.catch(() => this.#forget(key, opening))
    return opening
  }

  /** Ends a connection: requests under way on it fail. */
  drop(connection: Connection): void {
    connection.socket?.destroy()
  }

  async close(): Promise<void> {
    this.#closed = true
    const open = await Promise.allSettled(this.#open.values())
    this.#open.clear()
    for (const result of open) if (result.status === 'fulfilled') this.drop(result.value)
  }

  async #connect(key: string, address: NodeAddress, requestTimeoutMs?: number): Promise<Connection> {
    const connection = new Connection(this.#clientId, {
      ...this.#options,
      ...(requestTimeoutMs === undefined ? {} : { requestTimeout: requestTimeoutMs }),
    })
    connection.on('error', (err: Error) => {
      this.#log.debug({ err, address: key }, 'connection failed')
    })
    try {
      await connection.connect(address.host, address.port)
    } catch (thrown) {
      connection.socket?.destroy()
      this.#health.connectionFailed(address, thrown)
      throw thrown
    }
    if (this.#closed) {
      connection.socket.destroy()
      throw new Error('the client is closed')
    }
    const opened = this.#open.get(key)
    connection.once('close', () => this.#forget(key, opened))
    connection.once('error', () => this.#forget(key, opened))
    this.#health.connected(address)
    return connection
  }

  #forget(key: string, opening: Promise<Connection> | undefined): void {
    if (this.#open.get(key) === opening) this.#open.delete(key)
  }
}
