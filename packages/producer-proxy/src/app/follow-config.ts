import type { Component } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import type { PProxyConfig, Registry, Watch } from '@ddmq/common/registry'
import type { LiveClusters } from '@ddmq/storage'
import { type WantedClusters, wantedClusters } from '../core/wanted-clusters.ts'
import { ProxyNodeMissingError } from '../errors.ts'
import type { TopicTable } from './topic-table.ts'
import { warmUp } from './warm-up.ts'

/** How long a start waits for clusters that do not answer, and then for their topics. */
const START_WAIT_MS = 5_000
const WARM_UP_MS = 5_000
/** How long a change of the document waits for a new cluster, so that it is in force when the writer goes on. */
const CHANGE_WAIT_MS = 1_000

export interface FollowConfigOptions {
  readonly registry: Registry
  readonly table: TopicTable
  readonly clusters: Pick<LiveClusters, 'want' | 'tried'>
  readonly instance: string
  /** Where this proxy listens, whatever its document says. */
  readonly port: number
  readonly log: Logger
}

/**
 * Keeps the topic table and the clusters equal to the config tree (producer-proxy.md §16.3). A document that is deleted changes nothing: a
 * topic goes when the own document no longer lists it, and the proxy itself keeps running on what it knows.
 */
export class FollowConfig implements Component {
  readonly name = 'producer-proxy-config'
  readonly #options: FollowConfigOptions
  readonly #topics = new Map<string, Watch>()
  #own: Watch | undefined
  #known = false
  #started = false
  #wanted: WantedClusters = new Map()

  constructor(options: FollowConfigOptions) {
    this.#options = options
  }

  /**
   * Resolves when every listed topic was read and every cluster was tried, and the topics of those that answer are warm
   * where the document wants it (PP-84); rejects with `PRODUCER_PROXY_NODE_MISSING`.
   */
  async start(): Promise<void> {
    try {
      await this.#watchOwn()
      this.#started = true
    } catch (thrown) {
      this.#closeWatches()
      throw thrown
    }
  }

  async stop(): Promise<void> {
    this.#closeWatches()
  }

  async #watchOwn(): Promise<void> {
    const { registry, instance } = this.#options
    this.#own = await registry.watch('pproxy', instance, current => this.#onOwn(current?.value))
    if (this.#known) return
    throw new ProxyNodeMissingError(`the config tree has no usable document /pproxy/${instance}`, {
      details: { instance },
    })
  }

  async #onOwn(document: PProxyConfig | undefined): Promise<void> {
    const { table, clusters, instance, port, log } = this.#options
    if (document === undefined) {
      if (this.#known) log.warn({ instance }, 'own document was deleted; the last one stays in force')
      return
    }
    this.#known = true
    const listening = document.carreraConfiguration.thriftServer.port
    if (listening !== port)
      log.warn({ port, documentPort: listening }, 'port of the document is not the one in use')
    this.#wanted = wantedClusters(document, this.#wanted)
    clusters.want(this.#wanted)
    table.applyProxy(document)
    await this.#watchTopics(new Set(document.topics))
    await clusters.tried(this.#started ? CHANGE_WAIT_MS : START_WAIT_MS)
    if (document.carreraConfiguration.warmUpFetchTopicRouteInfo) {
      await warmUp(table, AbortSignal.timeout(WARM_UP_MS), log)
    }
    log.info({ instance, topics: document.topics.length }, 'own document applied')
  }

  async #watchTopics(listed: ReadonlySet<string>): Promise<void> {
    for (const [topic, watch] of this.#topics) {
      if (listed.has(topic)) continue
      watch.close()
      this.#topics.delete(topic)
    }
    const added = [...listed].filter(topic => !this.#topics.has(topic))
    await Promise.all(added.map(topic => this.#watchTopic(topic)))
  }

  /** A topic that cannot be read is not served until the own document changes again; the others are. */
  async #watchTopic(topic: string): Promise<void> {
    const { registry, table, log } = this.#options
    try {
      const watch = await registry.watch('topic', topic, current => {
        if (current === undefined)
          log.warn({ topic }, 'document of a listed topic is absent; what is known stays')
        else table.applyTopic(topic, current.value)
      })
      this.#topics.set(topic, watch)
    } catch (thrown) {
      log.error({ topic, err: thrown }, 'document of a listed topic cannot be read')
    }
  }

  #closeWatches(): void {
    this.#own?.close()
    this.#own = undefined
    for (const watch of this.#topics.values()) watch.close()
    this.#topics.clear()
  }
}
