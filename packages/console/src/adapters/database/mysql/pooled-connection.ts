import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  type ResultSetHeader,
  type RowDataPacket,
} from 'mysql2'
import { type FailureKind, failureKind } from './failure.ts'

/**
 * What every connection is told first, so that nothing depends on how the server is set up: characters, times in UTC,
 * values that do not fit are refused instead of cut, and a transaction sees one moment.
 */
const SETUP = [
  'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
  "SET SESSION time_zone = '+00:00'",
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'SET SESSION autocommit = 1',
  'SET SESSION innodb_lock_wait_timeout = 10',
]

type QueryResult = ResultSetHeader | RowDataPacket[]
type Callback = (error: Error | null, result: QueryResult) => void

/** Kysely's type of a query wants a stream; nothing here reads one. */
const NO_STREAM = {
  stream(): never {
    throw new TypeError('rows are not streamed')
  },
}

class QueryTimeoutError extends Error {
  readonly code = 'DDMQ_QUERY_TIMEOUT'
  constructor(ms: number) {
    super(`no answer within ${ms} ms`)
  }
}

class ClosedError extends Error {
  readonly code = 'PROTOCOL_CONNECTION_LOST'
  constructor() {
    super('the connection is closed')
  }
}

export interface ConnectionEvents {
  /** A statement failed in a way that is about the connection or the server. */
  readonly failed: (kind: FailureKind) => void
  readonly release: (connection: PooledConnection) => void
}

/** One connection of the pool, in the shape that Kysely's dialect takes. A query always ends: with an answer or in time. */
export class PooledConnection {
  readonly config = {}
  readonly #raw: Connection
  readonly #events: ConnectionEvents
  readonly #queryTimeoutMs: number
  /** Of queries without an answer; the driver forgets them when it closes by itself. */
  readonly #pending = new Set<Callback>()
  #usable = true

  private constructor(raw: Connection, queryTimeoutMs: number, events: ConnectionEvents) {
    this.#raw = raw
    this.#queryTimeoutMs = queryTimeoutMs
    this.#events = events
    raw.on('error', () => this.destroy())
    raw.on('end', () => this.destroy())
  }

  /** Connects and sets the session up; rejects with a failure of the server when it is read-only. */
  static async open(
    options: ConnectionOptions & { readonly connectTimeout: number },
    queryTimeoutMs: number,
    events: ConnectionEvents,
  ): Promise<PooledConnection> {
    const raw = createConnection(options)
    const connection = new PooledConnection(raw, queryTimeoutMs, events)
    try {
      await connection.#connect(options.connectTimeout)
      for (const sql of SETUP) await connection.ask(sql)
      return connection
    } catch (thrown) {
      connection.destroy()
      throw thrown
    }
  }

  get threadId(): number {
    return this.#raw.threadId
  }

  get isUsable(): boolean {
    return this.#usable
  }

  query(sql: string, parameters: readonly unknown[], callback: Callback = () => undefined): typeof NO_STREAM {
    const settle = this.#once(callback)
    if (this.#usable) {
      this.#raw.query<QueryResult>({ sql, values: [...parameters] }, (error, result) => {
        settle(error, result)
        if (error !== null) this.#note(error)
      })
    } else queueMicrotask(() => settle(new ClosedError(), []))
    return NO_STREAM
  }

  /** A statement without parameters. */
  ask(sql: string): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      this.query(sql, [], (error, result) => (error === null ? resolve(result) : reject(error)))
    })
  }

  connect(callback: (error: unknown) => void = () => undefined): void {
    callback(null)
  }

  release(): void {
    this.#events.release(this)
  }

  destroy(): void {
    if (!this.#usable) return
    this.#usable = false
    this.#raw.destroy()
    for (const settle of this.#pending) settle(new ClosedError(), [])
  }

  #connect(withinMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.destroy()
        reject(new QueryTimeoutError(withinMs))
      }, withinMs)
      this.#raw.connect(error => {
        clearTimeout(timer)
        if (error === null) resolve()
        else reject(error)
      })
    })
  }

  /** The first outcome counts: the answer, or that there was none in time. The driver's own time limit leaves the query open. */
  #once(callback: Callback): Callback {
    const settle: Callback = (error, result) => {
      if (!this.#pending.delete(settle)) return
      clearTimeout(timer)
      callback(error, result)
    }
    const timer = setTimeout(() => {
      settle(new QueryTimeoutError(this.#queryTimeoutMs), [])
      this.destroy()
    }, this.#queryTimeoutMs)
    this.#pending.add(settle)
    return settle
  }

  #note(error: Error): void {
    const kind = failureKind(error)
    if (kind === 'lost' || kind === 'unreachable' || kind === 'readOnly') this.destroy()
    this.#events.failed(kind)
  }
}
