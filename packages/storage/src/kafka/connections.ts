import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import { apiVersionsV3, Connection, type ConnectionOptions, metadataV10 } from '@platformatic/kafka'
import { StorageError } from '../errors.ts'
import { checkBrokerVersion } from './broker-version.ts'
import { isAuthenticationFailure } from './kafka-errors.ts'
import type { KafkaHealth } from './kafka-health.ts'
import { sessionLifetimeMs } from './session-lifetime.ts'

export interface NodeAddress {
  readonly host: string
  readonly port: number
}

/**
 * What a connection is for. A broker answers the requests of one connection in turn, so a request that may wait (a long
 * poll, a join) has a channel of its own, and whoever needs not to wait for others uses another name.
 */
export type Channel = string

const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_000
/** What an operator has to mend does not get better by asking more often. */
const LONGEST_AUTHENTICATION_PAUSE_MS = 5_000
/** Part of a login's lifetime after which its connection takes nothing new, and after which it is closed. */
const RETIRE_AFTER = 0.7
const CLOSE_AFTER = 0.9

interface Failure {
  readonly thrown: unknown
  readonly pauseMs: number
  readonly untilMs: number
}

/**
 * Connections to the brokers of one cluster, one per address and channel, made when they are asked for.
 *
 * K1 A connection that failed is forgotten at once; the next call makes a new one.
 * K2 No event of a connection is without a listener, so none of them can end the process.
 * K3 An address that failed is tried again after a pause that doubles. Who asks meanwhile is told of the failure at once:
 *    the number of attempts does not depend on the number of callers.
 * K4 A connection is handed out when the broker has answered on it. A port that accepts and is silent, a listener that
 *    expects TLS, a login or a client certificate, and a broker that is too old or of another cluster are failures to
 *    connect.
 * K5 A connection is replaced before its login expires.
 */
export class Connections {
  readonly #clientId: string
  readonly #options: () => ConnectionOptions
  readonly #connectTimeoutMs: number
  readonly #admit: (clusterId: string | null | undefined) => void
  readonly #health: KafkaHealth
  readonly #log: Logger
  readonly #clock: Clock
  readonly #open = new Map<string, Promise<Connection>>()
  readonly #all = new Set<Connection>()
  readonly #failures = new Map<string, Failure>()
  #closed = false

  constructor(
    options: {
      readonly clientId: string
      readonly connectTimeoutMs: number
      /** Called for each connection; what it throws is a failure to connect. */
      readonly connection: () => ConnectionOptions
      /** Throws when the broker belongs to another cluster than it should. */
      readonly admit: (clusterId: string | null | undefined) => void
    },
    deps: { readonly health: KafkaHealth; readonly log: Logger; readonly clock: Clock },
  ) {
    this.#clientId = options.clientId
    this.#connectTimeoutMs = options.connectTimeoutMs
    this.#options = options.connection
    this.#admit = options.admit
    this.#health = deps.health
    this.#log = deps.log
    this.#clock = deps.clock
  }

  /** `requestTimeoutMs` counts for a connection that is not there yet. */
  async get(address: NodeAddress, channel: Channel, requestTimeoutMs?: number): Promise<Connection> {
    const key = `${address.host}:${address.port}/${channel}`
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const failure = this.#failures.get(nameOf(address))
    if (failure !== undefined && this.#clock.monotonicMs() < failure.untilMs) throw failure.thrown
    const opening = this.#connect(key, address, requestTimeoutMs)
    this.#open.set(key, opening)
    opening.catch(() => this.#forget(key, opening))
    return opening
  }

  /** Ends a connection: requests under way on it fail. */
  drop(connection: Connection): void {
    this.#all.delete(connection)
    connection.close().catch(() => undefined)
    connection.socket?.destroy()
  }

  async close(): Promise<void> {
    this.#closed = true
    const opening = [...this.#open.values()]
    this.#open.clear()
    for (const connection of this.#all) this.drop(connection)
    await Promise.allSettled(opening)
  }

  async #connect(key: string, address: NodeAddress, requestTimeoutMs?: number): Promise<Connection> {
    let connection: Connection | undefined
    try {
      const options = this.#options()
      connection = new Connection(this.#clientId, {
        ...options,
        ...(requestTimeoutMs === undefined ? {} : { requestTimeout: requestTimeoutMs }),
      })
      await this.#establish(connection, key, address)
    } catch (thrown) {
      if (connection !== undefined) this.drop(connection)
      if (!this.#closed) this.#failed(address, thrown)
      throw thrown
    }
    this.#watch(connection, key)
    this.#failures.delete(nameOf(address))
    this.#health.connected(address)
    return connection
  }

  async #establish(connection: Connection, key: string, { host, port }: NodeAddress): Promise<void> {
    if (this.#closed) throw new Error('the client is closed')
    this.#all.add(connection)
    let broken: Error | undefined
    connection.on('error', (err: Error) => {
      broken = err
      this.#log.debug({ err, address: key }, 'connection failed')
    })
    let isLate = false
    const over = this.#clock.schedule(this.#connectTimeoutMs, () => {
      isLate = true
      this.drop(connection)
    })
    try {
      await connection.connect(host, port)
      const { apiKeys } = await apiVersionsV3.api.async(connection, CLIENT_SOFTWARE, CLIENT_VERSION)
      checkBrokerVersion(apiKeys)
      const { clusterId } = await metadataV10.api.async(connection, [], false, false, false)
      this.#admit(clusterId)
    } catch (thrown) {
      if (isLate) throw new StorageError('unavailable', `no answer within ${this.#connectTimeoutMs} ms`)
      // Why a connection ended is told by its event; the request only knows that it did.
      throw broken ?? thrown
    } finally {
      over()
    }
    if (this.#closed) throw new Error('the client is closed')
  }

  /** From when it serves until it is gone. */
  #watch(connection: Connection, key: string): void {
    const opened = this.#open.get(key)
    const lifetimeMs = sessionLifetimeMs(connection)
    const timers =
      lifetimeMs === undefined
        ? []
        : [
            this.#clock.schedule(lifetimeMs * RETIRE_AFTER, () => {
              this.#log.debug({ address: key }, 'connection replaced')
              this.#forget(key, opened)
            }),
            this.#clock.schedule(lifetimeMs * CLOSE_AFTER, () => this.drop(connection)),
          ]
    const gone = (): void => {
      this.#all.delete(connection)
      this.#forget(key, opened)
      for (const cancel of timers) cancel()
    }
    connection.once('close', gone)
    connection.once('error', gone)
  }

  #failed(address: NodeAddress, thrown: unknown): void {
    const longestMs = isAuthenticationFailure(thrown) ? LONGEST_AUTHENTICATION_PAUSE_MS : LONGEST_PAUSE_MS
    const before = this.#failures.get(nameOf(address))
    const pauseMs = before === undefined ? FIRST_PAUSE_MS : Math.min(before.pauseMs * 2, longestMs)
    this.#failures.set(nameOf(address), {
      thrown,
      pauseMs,
      untilMs: this.#clock.monotonicMs() + pauseMs,
    })
    this.#health.connectionFailed(address, thrown)
  }

  #forget(key: string, opening: Promise<Connection> | undefined): void {
    if (this.#open.get(key) === opening) this.#open.delete(key)
  }
}

/** How the brokers name us in their metrics. */
export const CLIENT_SOFTWARE = 'ddmq'
export const CLIENT_VERSION = '1'

function nameOf({ host, port }: NodeAddress): string {
  return `${host}:${port}`
}
