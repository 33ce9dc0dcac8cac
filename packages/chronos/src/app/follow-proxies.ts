import type { Clock } from '@ddmq/common/clock'
import type { Component } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import type { PProxyConfig, Registry, Watch } from '@ddmq/common/registry'
import { type WantedCluster, wantedTables } from '../core/wanted-tables.ts'

/** Producer proxies come and go seldom; changes of known ones are seen at once. */
const LIST_MS = 2000

export interface FollowProxiesDeps {
  readonly registry: Pick<Registry, 'list' | 'watch'>
  readonly clock: Clock
  readonly log: Logger
  readonly onChange: (wanted: ReadonlyMap<string, WantedCluster>) => void
}

/**
 * Follows the documents of all producer proxies, because messages wait wherever one of these stores them. While there is none, or
 * the config tree does not answer, what was known stays.
 */
export class FollowProxies implements Component {
  readonly name = 'chronos-config'
  readonly #deps: FollowProxiesDeps
  readonly #stopping = new AbortController()
  readonly #watches = new Map<string, Watch>()
  readonly #documents = new Map<string, PProxyConfig>()
  #running: Promise<void> | undefined

  constructor(deps: FollowProxiesDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    await this.#list()
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    for (const watch of this.#watches.values()) watch.close()
    this.#watches.clear()
  }

  async #run(): Promise<void> {
    const { clock } = this.#deps
    const { signal } = this.#stopping
    while (!signal.aborted) {
      await clock.sleep(LIST_MS, signal).catch(() => undefined) // Ends early at stop.
      if (!signal.aborted) await this.#list()
    }
  }

  async #list(): Promise<void> {
    const { registry, log } = this.#deps
    try {
      const names = new Set(await registry.list('pproxy'))
      for (const [name, watch] of this.#watches) {
        if (names.has(name)) continue
        watch.close()
        this.#watches.delete(name)
        if (this.#documents.delete(name)) this.#changed()
      }
      for (const name of names) if (!this.#watches.has(name)) await this.#follow(name)
    } catch (err) {
      log.warn({ err }, 'the producer proxies of the config tree are not known; what was known stays')
    }
  }

  async #follow(name: string): Promise<void> {
    const watch = await this.#deps.registry.watch('pproxy', name, current => {
      if (current === undefined) this.#documents.delete(name)
      else this.#documents.set(name, current.value)
      this.#changed()
    })
    this.#watches.set(name, watch)
  }

  #changed(): void {
    if (this.#documents.size === 0) return
    const documents = [...this.#documents].toSorted(([one], [other]) => (one < other ? -1 : 1))
    this.#deps.onChange(wantedTables(documents.map(([, document]) => document)))
  }
}
