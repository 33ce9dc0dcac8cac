import type { Clock } from '@ddmq/common/clock'

/** What the pool needs of a connection. */
export interface Poolable {
  /** True as soon as the connection is known to be unusable, also while nobody uses it. */
  readonly closed: boolean
  close(): void
}

/** One open connection with its history in the pool; the same object for the connection's whole life. */
export interface Lease<Connection extends Poolable> {
  readonly connection: Connection
  /** It served an earlier request, so the peer may have closed it unseen. */
  reused: boolean
  idleSinceMs: number
}

/** How a waiter is served: with a connection, or with the place to open one. */
type Grant<Connection extends Poolable> = Lease<Connection> | 'place'

interface Waiter<Connection extends Poolable> {
  readonly grant: (grant: Grant<Connection>) => void
  readonly refuse: (reason: Error) => void
}

export interface PoolOptions<Connection extends Poolable> {
  readonly maxConnections: number
  readonly idleTimeoutMs: number
  readonly clock: Clock
  /** Opens a connection before `untilMs` (monotonic) or throws. */
  readonly open: (untilMs: number, signal?: AbortSignal) => Promise<Connection>
}

/** Every connection stayed busy until the deadline. */
export class PoolExhaustedError extends Error {}

/** The pool was closed while the caller waited. */
class PoolClosedError extends Error {}

/**
 * The connections to one endpoint. Hot: `take` and `release` run once per message and allocate nothing.
 *
 * I1 open connections and connections being opened are never more than `maxConnections`;
 * I2 a lease is with one borrower, or idle, or gone; never two of these;
 * I3 waiters are served in the order they came, each before its deadline or not at all;
 * I4 the most recently used connection is lent first, so that a pool larger than its load shrinks by `idleTimeoutMs`.
 */
export class ConnectionPool<Connection extends Poolable> {
  readonly #options: PoolOptions<Connection>
  readonly #idle: Lease<Connection>[] = []
  readonly #all = new Set<Lease<Connection>>()
  readonly #waiters = new Set<Waiter<Connection>>()
  #opening = 0
  #closed = false
  #cancelSweep: (() => void) | undefined = undefined

  constructor(options: PoolOptions<Connection>) {
    this.#options = options
  }

  /** An idle connection that is not known to be broken; undefined when there is none. */
  take(): Lease<Connection> | undefined {
    for (let lease = this.#idle.pop(); lease !== undefined; lease = this.#idle.pop()) {
      if (!lease.connection.closed) return lease
      this.#all.delete(lease)
    }
    return undefined
  }

  /** As `take`, but opens a connection or waits for one until `untilMs`. */
  async acquire(untilMs: number, signal?: AbortSignal): Promise<Lease<Connection>> {
    if (this.#closed) throw new PoolClosedError('the connection pool is closed')
    const idle = this.take()
    if (idle !== undefined) return idle
    if (this.#all.size + this.#opening < this.#options.maxConnections) {
      this.#opening += 1
      return this.#open(untilMs, signal)
    }
    const grant = await this.#wait(untilMs, signal)
    return grant === 'place' ? this.#open(untilMs, signal) : grant
  }

  /** Gives a usable connection back. */
  release(lease: Lease<Connection>): void {
    if (this.#closed || lease.connection.closed) {
      this.discard(lease)
      return
    }
    lease.reused = true
    const waiter = this.#nextWaiter()
    if (waiter !== undefined) {
      waiter.grant(lease)
      return
    }
    lease.idleSinceMs = this.#options.clock.monotonicMs()
    this.#idle.push(lease)
    this.#cancelSweep ??= this.#scheduleSweep(this.#options.idleTimeoutMs)
  }

  /** Gives a connection back that must not be used again. */
  discard(lease: Lease<Connection>): void {
    lease.connection.close()
    if (this.#all.delete(lease)) this.#passPlace()
  }

  /** Closes the idle connections: one of them was found dead, so the peer has probably restarted. */
  dropIdle(): void {
    for (const lease of this.#idle.splice(0)) this.discard(lease)
  }

  /** Closes everything, lent connections too; whoever waits or comes later gets `PoolClosedError`. */
  close(): void {
    this.#closed = true
    this.#cancelSweep?.()
    this.#idle.length = 0
    for (const lease of this.#all) lease.connection.close()
    this.#all.clear()
    for (const waiter of this.#waiters) waiter.refuse(new PoolClosedError('the connection pool was closed'))
    this.#waiters.clear()
  }

  /** The caller has counted its place in `#opening`. */
  async #open(untilMs: number, signal: AbortSignal | undefined): Promise<Lease<Connection>> {
    let connection: Connection
    try {
      connection = await this.#options.open(untilMs, signal)
    } catch (thrown) {
      this.#opening -= 1
      this.#passPlace()
      throw thrown
    }
    this.#opening -= 1
    if (this.#closed) {
      connection.close()
      throw new PoolClosedError('the connection pool was closed')
    }
    const lease: Lease<Connection> = { connection, reused: false, idleSinceMs: 0 }
    this.#all.add(lease)
    return lease
  }

  #wait(untilMs: number, signal: AbortSignal | undefined): Promise<Grant<Connection>> {
    signal?.throwIfAborted()
    const { clock } = this.#options
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiters.delete(waiter)
        cancelTimer()
        signal?.removeEventListener('abort', abort)
      }
      const refuse = (reason: Error): void => {
        end()
        reject(reason)
      }
      const abort = (): void =>
        refuse(new Error('aborted while waiting for a connection', { cause: signal?.reason }))
      const waiter: Waiter<Connection> = {
        refuse,
        grant: grant => {
          end()
          resolve(grant)
        },
      }
      const cancelTimer = clock.schedule(untilMs - clock.monotonicMs(), () =>
        refuse(new PoolExhaustedError('every connection stayed busy until the deadline')),
      )
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiters.add(waiter)
    })
  }

  #nextWaiter(): Waiter<Connection> | undefined {
    return this.#waiters.size === 0 ? undefined : this.#waiters.values().next().value
  }

  #passPlace(): void {
    const waiter = this.#closed ? undefined : this.#nextWaiter()
    if (waiter === undefined) return
    this.#opening += 1
    waiter.grant('place')
  }

  #scheduleSweep(afterMs: number): () => void {
    return this.#options.clock.schedule(afterMs, () => this.#sweep())
  }

  /** The idle list is ordered by `idleSinceMs`, oldest first. */
  #sweep(): void {
    const { clock, idleTimeoutMs } = this.#options
    const nowMs = clock.monotonicMs()
    const firstKept = this.#idle.findIndex(lease => nowMs - lease.idleSinceMs < idleTimeoutMs)
    const expired = this.#idle.splice(0, firstKept === -1 ? this.#idle.length : firstKept)
    for (const lease of expired) this.discard(lease)
    const oldest = this.#idle[0]
    this.#cancelSweep =
      oldest === undefined ? undefined : this.#scheduleSweep(oldest.idleSinceMs + idleTimeoutMs - nowMs)
  }
}
