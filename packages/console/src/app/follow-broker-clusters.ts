import type { Component } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import type { LiveClusters } from '@ddmq/storage'
import { wantedClusters } from '../core/broker-clusters.ts'
import type { MetadataStore } from '../core/ports.ts'
import { SerialQueue } from '../core/serial-queue.ts'

/** How long a start, or a change, waits for clusters that do not answer. */
const WAIT_MS = 2000
/** How often changes of other consoles of the database are looked for. */
const LOOK_MS = 5000

/** Keeps this console connected to the broker clusters of its database. One that does not answer keeps nothing else waiting. */
export class FollowBrokerClusters implements Component {
  readonly name = 'console broker clusters'
  readonly #store: Pick<MetadataStore, 'inventory'>
  readonly #clusters: Pick<LiveClusters, 'want' | 'tried'>
  readonly #log: Logger
  readonly #queue = new SerialQueue()
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | undefined

  constructor(
    store: Pick<MetadataStore, 'inventory'>,
    clusters: Pick<LiveClusters, 'want' | 'tried'>,
    log: Logger,
  ) {
    this.#store = store
    this.#clusters = clusters
    this.#log = log
  }

  async start(): Promise<void> {
    await this.refresh()
    this.#lookLater()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#timer)
  }

  /** Resolves when what the database says now is connected, or was tried, or takes too long. */
  async refresh(): Promise<void> {
    // In turn: rows that were read earlier are never wanted after later ones.
    await this.#queue.run(async () => this.#clusters.want(wantedClusters(await this.#store.inventory())))
    await this.#clusters.tried(WAIT_MS)
  }

  #lookLater(): void {
    if (this.#stopping.signal.aborted) return
    this.#timer = setTimeout(() => void this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  async #look(): Promise<void> {
    try {
      await this.refresh()
    } catch (err) {
      this.#log.warn({ err }, 'broker clusters of the database are not known; connections stay as they are')
    }
    this.#lookLater()
  }
}
