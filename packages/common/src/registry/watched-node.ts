import { AsyncLocalStorage } from 'node:async_hooks'
import { describeError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import { ReentrantWriteError } from './errors.ts'
import type { DocumentKind, DocumentListener, RegistryProblem, Versioned, Watch } from './registry.ts'
import type { RegistryMetrics } from './registry-metrics.ts'

/** Which node's listener is running in this asynchronous context, and from inside which others. */
interface Delivery {
  readonly path: string
  readonly outer: Delivery | undefined
  over: boolean
}
const deliveries = new AsyncLocalStorage<Delivery>()

export interface WatchedNodeOptions {
  readonly kind: DocumentKind
  readonly path: string
  readonly log: Logger
  readonly metrics: RegistryMetrics | undefined
}

interface Entry<Document> {
  readonly listener: DocumentListener<Document>
  failure: string | undefined
}

/**
 * The listeners of one node. The caller serialises `add`, `deliver` and `reject`.
 *
 * W1 A listener sees the current value first, then every change, one at a time and in order.
 * W2 A document that could not be used is never delivered: the last good one stays in force, `problems` says why.
 * W3 A listener that fails is logged, counted and reported in `problems` until it succeeds; the others are not affected.
 */
export class WatchedNode<Document> {
  readonly #options: WatchedNodeOptions
  readonly #entries = new Set<Entry<Document>>()
  #lastGood: Versioned<Document> | undefined
  #rejection: string | undefined

  constructor(options: WatchedNodeOptions) {
    this.#options = options
  }

  get isWatched(): boolean {
    return this.#entries.size > 0
  }

  get lastGood(): Versioned<Document> | undefined {
    return this.#lastGood
  }

  /** Calls the listener with the current value; when it throws then, it is not added and the caller gets the error. */
  async add(listener: DocumentListener<Document>, current: Versioned<Document> | undefined): Promise<Watch> {
    this.#accept(current)
    await this.#insideDelivery(() => listener(current))
    return this.#enter(listener)
  }

  /** Adds a listener while the stored document cannot be used: it gets the last good one, if this process knows one. */
  async addRejected(listener: DocumentListener<Document>, reason: string): Promise<Watch> {
    this.reject(reason)
    if (this.#lastGood !== undefined) await this.#insideDelivery(() => listener(this.#lastGood))
    return this.#enter(listener)
  }

  async deliver(current: Versioned<Document> | undefined): Promise<void> {
    this.#accept(current)
    await Promise.all([...this.#entries].map(entry => this.#deliverTo(entry, current)))
  }

  reject(reason: string): void {
    const { kind, path, log, metrics } = this.#options
    if (this.#rejection === reason) return
    this.#rejection = reason
    metrics?.rejectedDocuments.inc({ kind })
    log.error({ path, reason }, 'document rejected, the last good one stays in force')
  }

  problems(): readonly RegistryProblem[] {
    const { path } = this.#options
    const failures = [...this.#entries].flatMap(entry => entry.failure ?? [])
    return [...(this.#rejection === undefined ? [] : [this.#rejection]), ...failures].map(reason => ({
      path,
      reason,
    }))
  }

  #enter(listener: DocumentListener<Document>): Watch {
    const entry: Entry<Document> = { listener, failure: undefined }
    this.#entries.add(entry)
    return { close: () => void this.#entries.delete(entry) }
  }

  #accept(current: Versioned<Document> | undefined): void {
    this.#lastGood = current
    this.#rejection = undefined
  }

  async #deliverTo(entry: Entry<Document>, current: Versioned<Document> | undefined): Promise<void> {
    const { kind, path, log, metrics } = this.#options
    try {
      await this.#insideDelivery(() => entry.listener(current))
      entry.failure = undefined
    } catch (err) {
      entry.failure = `not applied: ${describeError(err)}`
      metrics?.listenerFailures.inc({ kind })
      log.error({ path, err }, 'document not applied by a listener')
    }
  }

  async #insideDelivery(call: () => void | Promise<void>): Promise<void> {
    const delivery: Delivery = { path: this.#options.path, outer: deliveries.getStore(), over: false }
    try {
      await deliveries.run(delivery, call)
    } finally {
      delivery.over = true
    }
  }
}

/** Throws `REGISTRY_REENTRANT_WRITE` when called, directly or through other nodes, from a running listener of the node. */
export function refuseInsideOwnListener(path: string): void {
  for (let delivery = deliveries.getStore(); delivery !== undefined; delivery = delivery.outer) {
    if (!delivery.over && delivery.path === path) {
      throw new ReentrantWriteError(`${path} cannot be written or watched from inside its own listener`)
    }
  }
}
