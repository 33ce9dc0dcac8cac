import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { describeError } from '@ddmq/common/errors'
import type { ConnectionOptions } from 'mysql2'
import { DatabaseRefusedError, DatabaseUnavailableError } from '../../../errors.ts'
import { failureKind } from './failure.ts'
import { PooledConnection } from './pooled-connection.ts'

/** A connection that was idle for longer is asked whether it lives before it is used again. */
const PING_AFTER_MS = 5_000
const PAUSES_MS = [50, 100, 200, 400, 800]

export interface MySqlPoolOptions {
  /** `host:port`, in order of preference. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  readonly user: string
  readonly database: string
  /** Of the driver: password, TLS. */
  readonly connection: ConnectionOptions
  /** Name that the server's certificate carries, where it is not the host. */
  readonly serverName: string | undefined
  readonly poolSize: number
  readonly connectTimeoutMs: number
  readonly queryTimeoutMs: number
  /** How long a caller waits for a connection, also while no server answers. */
  readonly waitMs: number
  /** Told of failures that are about a server or a connection, by kind. */
  readonly failed: (kind: string) => void
}

/**
 * Connections to the one server of several that takes writes.
 *
 * M1 Never more than `poolSize` connections; whoever finds none free waits at most `waitMs`.
 * M2 Every connection handed out is set up and was writable when it was made. One that failed is closed, never reused.
 * M3 When a server says that it is read-only, no connection made before is handed out again: the next ones look for the
 *    primary among all hosts.
 */
export class MySqlPool {
  readonly #options: MySqlPoolOptions
  readonly #idle: { readonly connection: PooledConnection; readonly sinceMs: number }[] = []
  readonly #made = new Map<PooledConnection, number>()
  #waiting: (() => void)[] = []
  #open = 0
  #generation = 0
  #preferred = 0
  #problem: string | undefined
  #ended = false

  constructor(options: MySqlPoolOptions) {
    this.#options = options
  }

  /** Why the last try to reach the database failed; undefined once it is reached again. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** For Kysely. */
  getConnection(callback: (error: unknown, connection: PooledConnection) => void): void {
    void this.#deliver(callback)
  }

  /** For Kysely: closes what is idle now and the others when they are released. */
  end(callback: (error: unknown) => void): void {
    this.#ended = true
    for (const { connection } of this.#idle.splice(0)) this.#discard(connection)
    this.#wakeAll()
    callback(undefined)
  }

  /** Rejects with `CONSOLE_DATABASE_UNAVAILABLE` after `waitMs`, or at once with `CONSOLE_DATABASE_REFUSED`. */
  async acquire(waitMs = this.#options.waitMs): Promise<PooledConnection> {
    const dueMs = performance.now() + waitMs
    for (;;) {
      if (this.#ended) throw new DatabaseUnavailableError('the database is closed')
      const idle = this.#idle.pop()
      if (idle !== undefined) {
        if (await this.#isAlive(idle.connection, idle.sinceMs)) return idle.connection
        this.#discard(idle.connection)
      } else if (this.#open < this.#options.poolSize) return this.#connect(dueMs)
      else await this.#untilReleased(dueMs)
    }
  }

  async #deliver(callback: (error: unknown, connection: PooledConnection) => void): Promise<void> {
    try {
      const connection = await this.acquire()
      callback(undefined, connection)
    } catch (thrown) {
      // Kysely looks at the error first; its type wants both.
      Reflect.apply(callback, undefined, [thrown])
    }
  }

  async #isAlive(connection: PooledConnection, sinceMs: number): Promise<boolean> {
    if (!this.#isCurrent(connection)) return false
    if (performance.now() - sinceMs < PING_AFTER_MS) return true
    return connection.ask('DO 1').then(
      () => true,
      () => false,
    )
  }

  #isCurrent(connection: PooledConnection): boolean {
    return connection.isUsable && this.#made.get(connection) === this.#generation
  }

  async #connect(dueMs: number): Promise<PooledConnection> {
    this.#open += 1
    try {
      for (let attempt = 0; ; attempt++) {
        const outcome = await this.#tryHosts()
        if (outcome instanceof PooledConnection) return outcome
        this.#problem = describeError(outcome)
        const pauseMs = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] ?? 0
        if (outcome instanceof DatabaseRefusedError || performance.now() + pauseMs >= dueMs) throw outcome
        await delay(pauseMs)
      }
    } catch (thrown) {
      this.#open -= 1
      this.#wakeOne()
      throw thrown
    }
  }

  /** A connection to the first host that takes writes, or what to tell the operator. */
  async #tryHosts(): Promise<PooledConnection | DatabaseRefusedError | DatabaseUnavailableError> {
    const { hosts, user, database } = this.#options
    const reasons: string[] = []
    let refused = false
    for (let index = 0; index < hosts.length; index++) {
      const place = (this.#preferred + index) % hosts.length
      const target = hosts[place]
      if (target === undefined) continue
      try {
        const connection = await this.#openTo(target)
        this.#preferred = place
        this.#problem = undefined
        return connection
      } catch (thrown) {
        refused ||= failureKind(thrown) === 'refused'
        reasons.push(`${target.host}:${target.port} (${describeError(thrown)})`)
      }
    }
    // Callers of the API see the message, the operator also the cause.
    const cause = new Error(`MySQL database ${database} as user ${user} at ${reasons.join(', ')}`)
    return refused
      ? new DatabaseRefusedError('the database refuses the console', { cause })
      : new DatabaseUnavailableError('the database cannot be used now', { cause })
  }

  async #openTo(target: { readonly host: string; readonly port: number }): Promise<PooledConnection> {
    const options = this.#options
    const generation = this.#generation
    const connection = await PooledConnection.open(
      {
        ...options.connection,
        ...(options.serverName === undefined ? target : namedSocket(options.serverName, target)),
        connectTimeout: options.connectTimeoutMs,
      },
      options.queryTimeoutMs,
      { failed: kind => this.#failed(kind), release: released => this.#release(released) },
    )
    if (await isReadOnly(connection)) {
      connection.destroy()
      throw new Error('is read-only')
    }
    this.#made.set(connection, generation)
    return connection
  }

  #failed(kind: string): void {
    this.#options.failed(kind)
    if (kind === 'readOnly') this.#generation += 1
  }

  #release(connection: PooledConnection): void {
    if (this.#ended || !this.#isCurrent(connection)) return this.#discard(connection)
    this.#idle.push({ connection, sinceMs: performance.now() })
    this.#wakeOne()
  }

  #discard(connection: PooledConnection): void {
    connection.destroy()
    if (!this.#made.delete(connection)) return
    this.#open -= 1
    this.#wakeOne()
  }

  async #untilReleased(dueMs: number): Promise<void> {
    const leftMs = dueMs - performance.now()
    let timer: NodeJS.Timeout | undefined
    const released = await new Promise<boolean>(resolve => {
      const wake = (): void => resolve(true)
      this.#waiting.push(wake)
      timer = setTimeout(
        () => {
          this.#waiting = this.#waiting.filter(other => other !== wake)
          resolve(false)
        },
        Math.max(0, leftMs),
      )
    })
    clearTimeout(timer)
    if (!released) {
      const { poolSize, waitMs } = this.#options
      throw new DatabaseUnavailableError(`all ${poolSize} database connections were busy for ${waitMs} ms`)
    }
  }

  #wakeOne(): void {
    this.#waiting.shift()?.()
  }

  #wakeAll(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

/** The driver checks the certificate against the host it was given, so it gets the name and a socket to the host. */
function namedSocket(name: string, { host, port }: { host: string; port: number }): ConnectionOptions {
  return { host: name, stream: () => connect({ host, port, keepAlive: true, noDelay: true }) }
}

async function isReadOnly(connection: PooledConnection): Promise<boolean> {
  const rows = await connection.ask('SELECT @@global.read_only AS read_only')
  const value: unknown = Array.isArray(rows) ? rows[0]?.['read_only'] : undefined
  return value !== 0 && value !== 'OFF'
}
