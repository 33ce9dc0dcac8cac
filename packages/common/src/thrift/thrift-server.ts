import { createServer, type Server, type Socket } from 'node:net'
import type { Component } from '../lifecycle/component.ts'
import type { Logger } from '../log/logger.ts'
import { createReader, createWriter } from './create-protocol.ts'
import { ListenFailedError } from './errors.ts'
import type { ProtocolName } from './protocol.ts'
import { ReadBudget } from './read-budget.ts'
import type { Route, ServerCall } from './server-call.ts'
import { ServerConnection, type ServerContext } from './server-connection.ts'
import type { ThriftHandlers, ThriftService } from './service.ts'

/** How often one kind of complaint about clients is written. */
const LOG_EVERY_MS = 10_000
const SWEEPS_PER_TIMEOUT = 4
/** How long idle connections stay open when stopping begins, for the requests that are on their way then. */
const DRAIN_GRACE_MS = 200

export interface ThriftServerLimits {
  /** A longer frame costs its connection. */
  readonly maxFrameBytes: number
  /** Bytes of requests that are received and not yet answered, over all connections. */
  readonly maxReadBufferBytes: number
  readonly maxConnections: number
  /** A connection without requests is closed after this time; 0 = never. */
  readonly idleTimeoutMs: number
  /**
   * A connection is closed when for this time its unfinished frame did not grow, or it took no reply while it had sent more
   * requests. 30 s unless told.
   */
  readonly frameProgressTimeoutMs?: number
  /** Requests of one connection that are handled at the same time. Replies keep the order of the requests. */
  readonly maxInFlightPerConnection: number
}

export interface ThriftServerOptions<Service extends ThriftService> {
  readonly name: string
  readonly host: string
  /** 0 = any free port, see `address()`. */
  readonly port: number
  readonly service: Service
  readonly handlers: ThriftHandlers<Service>
  readonly limits: ThriftServerLimits
  readonly log: Pick<Logger, 'warn' | 'error'>
  readonly protocol?: ProtocolName
  /** Told of every answered call of a known method. */
  readonly onCall?: (method: string, failed: boolean) => void
}

/**
 * A Thrift service over framed TCP (producer-proxy.md §3, consumer-proxy.md §3). What it does with bad peers, order and
 * memory stands in `README.md` beside this file.
 *
 * `stop` closes the listener at once, answers what is under way and what comes during a short grace (handlers see
 * `draining`), then closes each connection as soon as it is idle, and destroys what is left at the deadline.
 */
export class ThriftServer<Service extends ThriftService> implements Component {
  readonly name: string
  readonly #options: ThriftServerOptions<Service>
  readonly #budget: ReadBudget
  readonly #connections = new Set<ServerConnection>()
  readonly #complaints = new Map<string, { untilMs: number; suppressed: number }>()
  readonly #context: ServerContext
  #server: Server | undefined
  #sweeper: NodeJS.Timeout | undefined
  #inFlight = 0
  #isDraining = false
  #closesIdle = false
  #whenEmpty: (() => void) | undefined

  constructor(options: ThriftServerOptions<Service>) {
    this.name = options.name
    this.#options = options
    this.#budget = new ReadBudget(options.limits.maxReadBufferBytes)
    this.#context = this.#createContext()
  }

  get connections(): number {
    return this.#connections.size
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Bytes of requests received and not yet answered. */
  get readBufferBytes(): number {
    return this.#budget.usedBytes
  }

  /** Where it listens; only after `start`. */
  address(): { readonly host: string; readonly port: number } {
    const address = this.#server?.address()
    if (address === null || address === undefined || typeof address === 'string') {
      throw new ListenFailedError(`${this.name} is not listening`)
    }
    return { host: address.address, port: address.port }
  }

  async start(abort: AbortSignal): Promise<void> {
    abort.throwIfAborted()
    const { host, port } = this.#options
    const server = createServer({ noDelay: true, keepAlive: true }, socket => this.#accept(socket))
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    server.once('error', reject)
    server.listen({ host, port }, resolve)
    try {
      await promise
    } catch (cause) {
      throw new ListenFailedError(`${this.name} cannot listen on ${host}:${port}`, {
        cause,
        details: { host, port },
      })
    }
    server.off('error', reject)
    server.on('error', err => this.#options.log.error({ err }, 'accepting connections failed'))
    this.#server = server
    this.#startSweeper()
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#isDraining = true
    this.#server?.close()
    // What arrived before the grace was over is read before it ends, also where the process was busy for all of it.
    const grace = setTimeout(() => setImmediate(() => this.#closeIdle()), DRAIN_GRACE_MS)
    await this.#emptied(deadline)
    clearTimeout(grace)
    clearInterval(this.#sweeper)
  }

  #closeIdle(): void {
    this.#closesIdle = true
    for (const connection of this.#connections) if (connection.isIdle) connection.end()
  }

  /** Resolves when the last connection is closed; at the deadline they are destroyed. */
  async #emptied(deadline: AbortSignal): Promise<void> {
    if (this.#connections.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#whenEmpty = resolve
    const destroyAll = (): void => {
      for (const connection of this.#connections) connection.destroy()
    }
    if (deadline.aborted) destroyAll()
    deadline.addEventListener('abort', destroyAll, { once: true })
    await promise
    deadline.removeEventListener('abort', destroyAll)
  }

  #accept(socket: Socket): void {
    // It was accepted by the kernel before the listener was closed.
    if (this.#isDraining) return void socket.destroy()
    if (this.#connections.size >= this.#options.limits.maxConnections) {
      socket.destroy()
      this.#complain({ maxConnections: this.#options.limits.maxConnections }, 'connection refused: too many')
      return
    }
    this.#connections.add(new ServerConnection(socket, this.#context))
  }

  #createContext(): ServerContext {
    const { limits, protocol = 'compact', onCall } = this.#options
    const isDraining = (): boolean => this.#isDraining
    const closesIdle = (): boolean => this.#closesIdle
    return {
      routes: this.#createRoutes(),
      reader: createReader(protocol),
      writer: createWriter(protocol),
      budget: this.#budget,
      maxFrameBytes: limits.maxFrameBytes,
      maxInFlight: limits.maxInFlightPerConnection,
      get draining() {
        return isDraining()
      },
      get closesIdle() {
        return closesIdle()
      },
      started: () => {
        this.#inFlight += 1
      },
      finished: call => {
        this.#inFlight -= 1
        if (call.route !== undefined) onCall?.(call.name, call.failed)
      },
      misbehaved: ({ remoteAddress }, err) => this.#complain({ clientAddr: remoteAddress, err }, 'bad frame'),
      handlerFailed: (call, err) => this.#handlerFailed(call, err),
      closed: connection => this.#closed(connection),
    }
  }

  #createRoutes(): ReadonlyMap<string, Route> {
    const routes = new Map<string, Route>()
    for (const [name, method] of Object.entries(this.#options.service)) {
      // `ThriftHandlers` pairs each handler with the method of its name; only their common types are forgotten here.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
      const handle = this.#options.handlers[name] as unknown as Route['handle']
      routes.set(method.name, { method, handle })
    }
    return routes
  }

  #handlerFailed(call: ServerCall, err: unknown): void {
    this.#complain({ method: call.name, clientAddr: call.remoteAddress, err }, 'handler failed')
  }

  #closed(connection: ServerConnection): void {
    this.#connections.delete(connection)
    if (this.#connections.size === 0) this.#whenEmpty?.()
  }

  #startSweeper(): void {
    const { idleTimeoutMs, frameProgressTimeoutMs = 30_000 } = this.#options.limits
    const shortestMs =
      idleTimeoutMs > 0 ? Math.min(idleTimeoutMs, frameProgressTimeoutMs) : frameProgressTimeoutMs
    this.#sweeper = setInterval(
      () => this.#sweep(performance.now(), frameProgressTimeoutMs),
      Math.max(1, shortestMs / SWEEPS_PER_TIMEOUT),
    )
    this.#sweeper.unref()
  }

  #sweep(nowMs: number, frameProgressTimeoutMs: number): void {
    const { idleTimeoutMs } = this.#options.limits
    for (const connection of this.#connections) {
      if (connection.stalledMs(nowMs) >= frameProgressTimeoutMs) {
        this.#complain({ clientAddr: connection.remoteAddress }, 'connection closed: it made no progress')
        connection.destroy()
      } else if (idleTimeoutMs > 0 && connection.isIdle && nowMs - connection.activeMs >= idleTimeoutMs) {
        connection.destroy()
      }
    }
  }

  /** One line per message and interval, whatever the clients do. */
  #complain(fields: object, message: string): void {
    const nowMs = performance.now()
    const last = this.#complaints.get(message)
    if (last !== undefined && nowMs < last.untilMs) {
      last.suppressed += 1
      return
    }
    this.#complaints.set(message, { untilMs: nowMs + LOG_EVERY_MS, suppressed: 0 })
    this.#options.log.warn({ ...fields, suppressed: last?.suppressed ?? 0 }, message)
  }
}
