import type { Component, Health } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import { type CProxyConfig, type GroupConfig, type Registry, type Watch } from '@ddmq/common/registry'
import type { LiveClusters } from '@ddmq/storage'
import { wantedClusters } from '../core/wanted-clusters.ts'
import { OwnNodeMissingError } from '../errors.ts'
import type { GaugeSources, Sample } from '../metrics.ts'
import { ConsumerGroup, type GroupDeps } from './consumer-group.ts'

/** How long a change of the own document waits for a new cluster, so that it is in force when the writer goes on. */
const CHANGE_WAIT_MS = 1000

export interface ConsumerGroupsDeps extends GroupDeps {
  readonly clusters: Pick<LiveClusters, 'get' | 'isConnecting' | 'want' | 'tried'>
  readonly registry: Registry
  /** `host:port`: the name of this proxy's node in the config tree. */
  readonly instance: string
}

interface Watched {
  readonly watch: Watch
  readonly group: ConsumerGroup
  /** Last good document. */
  document: GroupConfig | undefined
}

/**
 * All groups of this proxy, kept in line with the config tree (consumer-proxy.md §2.8).
 *
 * S1 Exactly the groups of the proxy's node run, each as its own node says; the registry passes on no broken document, so
 *    that one changes nothing.
 * S2 Without the proxy's node nothing is served: at start that is an error, later the groups are drained until the node is
 *    back.
 * S3 A change is applied when the call that made it returns (embedded tree), each one after the one before it.
 * S4 The proxy is connected to the clusters its node names. Each group runs on those that answer; one that comes later is
 *    taken in when it comes, and what happens to one touches no other.
 */
export class ConsumerGroups implements Component {
  readonly name = 'consumer-groups'
  readonly #deps: ConsumerGroupsDeps
  readonly #log: Logger
  readonly #groups = new Map<string, Watched>()
  #ownWatch: Watch | undefined
  #proxy: CProxyConfig | undefined
  #started = false
  /** What the gauges show. */
  readonly gauges: GaugeSources = {
    lags: () => this.#lags(),
    inFlight: () => this.#inFlight(),
    parked: () => this.#perGroup(group => group.buffer.parkedCount),
    pausedEndpoints: () => this.#perGroup(group => group.pausedEndpoints),
    refusedSubscriptions: () => this.#perGroup(group => group.plan.refused.length),
  }

  constructor(deps: ConsumerGroupsDeps) {
    this.#deps = deps
    this.#log = deps.log.child({ component: this.name })
  }

  /** This proxy's document; undefined while the node is missing. */
  get proxy(): CProxyConfig | undefined {
    return this.#proxy
  }

  get(group: string): ConsumerGroup | undefined {
    return this.#groups.get(group)?.group
  }

  async start(): Promise<void> {
    const { registry, instance } = this.#deps
    this.#ownWatch = await registry.watch('cproxy', instance, current => this.#proxyChanged(current?.value))
    this.#started = true
    if (this.#proxy !== undefined) return
    this.#ownWatch.close()
    const broken = registry.problems().find(({ path }) => path.endsWith(`/cproxy/${instance}`))
    const what = broken === undefined ? 'is missing' : `cannot be used: ${broken.reason}`
    throw new OwnNodeMissingError(`node /cproxy/${instance} of this proxy ${what}`, { details: { instance } })
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#ownWatch?.close()
    await this.#removeAll(deadline)
  }

  /** A cluster came, went or was replaced: resolves when nothing runs on what is not connected any more. */
  async clustersChanged(): Promise<void> {
    await this.#applyAll()
  }

  health(): Health {
    if (this.#proxy !== undefined) return { ok: true }
    return { ok: false, reason: `node /cproxy/${this.#deps.instance} is missing` }
  }

  *#lags(): Iterable<Sample> {
    for (const [group, runner] of this.#runners()) {
      for (const { topic, qid, lag } of runner.lanes) yield { group, topic, qid, count: lag }
    }
  }

  *#inFlight(): Iterable<Sample> {
    for (const [group, runner] of this.#runners()) {
      for (const { subscription, inFlight } of runner.intakes) {
        yield { group, topic: subscription.topic, count: inFlight }
      }
    }
  }

  *#perGroup(count: (group: ConsumerGroup) => number): Iterable<Sample> {
    for (const [name, { group }] of this.#groups) yield { group: name, count: count(group) }
  }

  *#runners() {
    for (const [name, { group }] of this.#groups) {
      for (const runner of group.runners) yield [name, runner] as const
    }
  }

  async #proxyChanged(proxy: CProxyConfig | undefined): Promise<void> {
    if (proxy === undefined && this.#started) {
      this.#log.error({ instance: this.#deps.instance }, 'own node is gone, handing all groups back')
    }
    this.#proxy = proxy
    if (proxy === undefined) {
      await this.#removeAll(this.#drainDeadline())
      return this.#deps.clusters.want(new Map())
    }
    this.#deps.clusters.want(wantedClusters(proxy))
    await this.#deps.clusters.tried(CHANGE_WAIT_MS)
    const wanted = new Set(proxy.groups)
    const gone = [...this.#groups.keys()].filter(name => !wanted.has(name))
    await Promise.all(gone.map(name => this.#remove(name, this.#drainDeadline())))
    await this.#applyAll()
    for (const name of wanted) if (!this.#groups.has(name)) await this.#add(name)
  }

  async #applyAll(): Promise<void> {
    await Promise.all(Array.from(this.#groups, ([name, watched]) => this.#apply(name, watched)))
  }

  async #add(name: string): Promise<void> {
    const group = new ConsumerGroup(name, this.#deps)
    let document: GroupConfig | undefined
    let watched: Watched | undefined
    const watch = await this.#deps.registry.watch('group', name, async current => {
      document = current?.value
      if (document === undefined) this.#log.warn({ group: name }, 'group has no node')
      if (watched === undefined) return
      watched.document = document
      await this.#apply(name, watched)
    })
    watched = { watch, group, document }
    this.#groups.set(name, watched)
    await this.#apply(name, watched)
  }

  async #apply(name: string, { group, document }: Watched): Promise<void> {
    if (this.#proxy !== undefined) await group.apply(document ?? emptyGroup(name), this.#proxy)
  }

  async #remove(name: string, deadline: AbortSignal): Promise<void> {
    const watched = this.#groups.get(name)
    if (watched === undefined) return
    watched.watch.close()
    await watched.group.stop(deadline)
    this.#groups.delete(name)
    this.#log.info({ group: name }, 'group stopped')
  }

  async #removeAll(deadline: AbortSignal): Promise<void> {
    await Promise.all([...this.#groups.keys()].map(name => this.#remove(name, deadline)))
  }

  #drainDeadline(): AbortSignal {
    return AbortSignal.timeout(this.#deps.settings.drainMs * 2)
  }
}

function emptyGroup(group: string): GroupConfig {
  return {
    group,
    topics: [],
    asyncThreads: 8,
    enableAlarm: true,
    delayTimeThreshold: 300_000,
    committedLagThreshold: 10_000,
    delayRequestHandlerThreads: -1,
  }
}
