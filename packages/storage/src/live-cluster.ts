import { settledBefore, withDeadline } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import { describeError } from '@ddmq/common/errors'
import type { Logger } from '@ddmq/common/log'
import { StorageError } from './errors.ts'
import type { LogCluster } from './port/cluster.ts'
import type { ClusterConnection, ClusterConnector, ClusterEntry } from './port/connector.ts'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 15_000
/** An attempt that takes longer is given up and counts as failed. */
const ATTEMPT_MS = 20_000
/** How long one that was given up may take to close. */
const GIVEN_UP_CLOSE_MS = 5_000

export interface LiveClusterDeps {
  readonly connector: ClusterConnector
  readonly clock: Clock
  readonly log: Logger
  /** A connection was opened, or is to be closed: `retired` are not in use for new work any more. */
  readonly changed: (retired: ClusterConnection | undefined) => void
  readonly failed: (clusterName: string) => void
}

/** Why a wanted cluster has no connection, or not the one wanted. */
interface Trouble {
  readonly address: string
  readonly reason: string
  /** Only another entry can help. */
  readonly isFinal: boolean
}

/** One name of `LiveClusters`: the connection in use, and the attempts at the one wanted. */
export class LiveCluster {
  readonly name: string
  readonly #deps: LiveClusterDeps
  readonly #log: Logger
  #entry: string | undefined
  #current: ClusterConnection | undefined
  #trouble: Trouble | undefined
  #attempts: AbortController | undefined
  #firstTried: Promise<void> = Promise.resolve()

  constructor(name: string, deps: LiveClusterDeps) {
    this.name = name
    this.#deps = deps
    this.#log = deps.log.child({ cluster: name })
  }

  get cluster(): LogCluster | undefined {
    return this.#current?.cluster
  }

  /** One line for the operator while something is wrong. */
  get problem(): string | undefined {
    if (this.#trouble !== undefined) {
      const { address, reason } = this.#trouble
      const where = address === '' ? this.name : `${this.name} at ${address}`
      const meanwhile = this.#current === undefined ? '' : `; ${this.#current.address} is used meanwhile`
      return `broker cluster ${where} is not connected: ${reason}${meanwhile}`
    }
    if (this.#current === undefined) return `broker cluster ${this.name} is being connected`
    const health = this.#current.cluster.health?.() ?? { ok: true }
    return health.ok ? undefined : `broker cluster ${this.name} at ${this.#current.address}: ${health.reason}`
  }

  /** Does the connection in use work? It may be the one before, while the wanted one cannot be had. */
  get isServing(): boolean {
    return this.#current !== undefined && (this.#current.cluster.health?.().ok ?? true)
  }

  /** There will be no connection until the entry changes. */
  get isHopeless(): boolean {
    return this.#current === undefined && this.#trouble?.isFinal === true
  }

  /** Settles when the entry wanted now was tried once, with whatever result. */
  get firstTried(): Promise<void> {
    return this.#firstTried
  }

  want(entry: ClusterEntry): void {
    const text = JSON.stringify([entry.engine, entry.engine === 'kafka' ? entry.bootstrapServers : undefined])
    if (text === this.#entry) return
    this.#entry = text
    this.#trouble = undefined
    this.#attempts?.abort()
    const attempts = new AbortController()
    this.#attempts = attempts
    const tried = Promise.withResolvers<void>()
    this.#firstTried = tried.promise
    void this.#openUntil(entry, attempts.signal, tried.resolve)
  }

  /** Not wanted any more. */
  drop(): void {
    this.#attempts?.abort()
    const retired = this.#current
    this.#current = undefined
    if (retired !== undefined) this.#deps.changed(retired)
  }

  async #openUntil(entry: ClusterEntry, abort: AbortSignal, tried: () => void): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !abort.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const done = await this.#tryOpen(entry, abort)
      tried()
      if (done) return
      // Owners that lost a cluster at the same moment do not come back at the same moment.
      const jitteredMs = pauseMs * (0.5 + Math.random() / 2)
      await this.#deps.clock.sleep(jitteredMs, abort).catch(() => undefined)
    }
    tried()
  }

  /** True: nothing more to try. */
  async #tryOpen(entry: ClusterEntry, abort: AbortSignal): Promise<boolean> {
    let connection: ClusterConnection | undefined
    try {
      connection = this.#deps.connector.connect(this.name, entry)
      await this.#open(connection, abort)
    } catch (thrown) {
      if (abort.aborted) return true
      return this.#failed(connection?.address ?? '', thrown, connection === undefined)
    }
    // Another entry, or none, may have been wanted between the end of `open` and here.
    if (abort.aborted) {
      void this.#closeWhenOpen(connection, undefined)
      return true
    }
    const retired = this.#current
    this.#current = connection
    this.#trouble = undefined
    this.#log.info({ address: connection.address }, 'broker cluster connected')
    this.#deps.changed(retired)
    return true
  }

  /** One that opens after it was given up is closed again. */
  async #open(connection: ClusterConnection, abort: AbortSignal): Promise<void> {
    let opening: Promise<void> | undefined
    let isWanted = true
    try {
      await withDeadline(
        ATTEMPT_MS,
        signal => {
          opening = connection.open(signal)
          return opening
        },
        abort,
      )
      abort.throwIfAborted()
    } catch (thrown) {
      isWanted = false
      throw thrown
    } finally {
      if (!isWanted) void this.#closeWhenOpen(connection, opening)
    }
  }

  async #closeWhenOpen(connection: ClusterConnection, opening: Promise<void> | undefined): Promise<void> {
    try {
      await opening
    } catch {
      return
    }
    const deadline = AbortSignal.timeout(GIVEN_UP_CLOSE_MS)
    await settledBefore(deadline, connection.close(deadline)).catch((err: unknown) => {
      this.#log.warn({ err, address: connection.address }, 'given-up connection did not close')
    })
  }

  #failed(address: string, thrown: unknown, byConnector: boolean): boolean {
    const isFinal = byConnector && thrown instanceof StorageError && thrown.kind === 'invalid'
    this.#trouble = { address, reason: describeError(thrown), isFinal }
    this.#log.warn({ address, err: thrown }, this.problem ?? 'broker cluster is not connected')
    this.#deps.failed(this.name)
    return isFinal
  }
}
