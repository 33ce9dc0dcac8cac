/**
 * The broker clusters that one owner (a proxy, the console) is connected to, following what it is told to want.
 *
 * C1 Who opens, who closes: a connection is made by the connector, opened here, and closed here exactly once, after its
 *    `open` resolved. Nobody else starts or stops a cluster got from here.
 * C2 `get` answers an open connection that is wanted, or undefined. It never waits.
 * C3 Clusters are independent: one that cannot be opened delays neither another nor the owner's start; it is tried again
 *    with back-off for ever, and says so in the log, in `health` and in a metric, with its name and address.
 * C4 Replacement (the entry changed): the new connection is opened first; until then `get` answers the old one. From the
 *    moment it is open new work gets the new one.
 * C5 Removal and replacement: `onChange` is called after `get` answers the new state, and what it returns settles when the
 *    owner's work in flight on what went away is answered or given up at the deadline; only then the connection is closed.
 *    Work in flight is never cut by the change itself.
 * C6 After `stop` nothing is opened any more and everything that was open is closed.
 */
import { settledBefore } from '@ddmq/common/async'
import type { Component, Health, ProcessDeps } from '@ddmq/common/lifecycle'
import { LiveCluster } from './live-cluster.ts'
import { LiveClustersMetrics } from './live-clusters-metrics.ts'
import type { LogCluster, LogClusters } from './port/cluster.ts'
import type { ClusterConnection, ClusterConnector, ClusterEntry } from './port/connector.ts'

/** How long the owner's work on a connection may take to end after the connection was retired, where it says nothing else. */
const DRAIN_MS = 15_000
/** How long closing may take on top of it. */
const CLOSE_MS = 5_000
/** For whoever obeys a deadline only after it passed. */
const GRACE_MS = 1_000

export interface LiveClustersOptions extends Pick<ProcessDeps, 'clock' | 'log' | 'metrics'> {
  /** Of whom they are, as `producer_proxy`: begins the names of the component and of the metrics. */
  readonly owner: string
  readonly connector: ClusterConnector
  /** How long work on a retired connection may take to end. */
  readonly drainMs?: number
  /**
   * `get` answers something new. Settles when the owner's work on what `get` does not answer any more is done, at the
   * deadline at the latest. Calls may overlap.
   */
  readonly onChange: (deadline: AbortSignal) => Promise<void>
}

export class LiveClusters implements LogClusters, Component {
  readonly name: string
  readonly #options: LiveClustersOptions
  readonly #metrics: LiveClustersMetrics
  readonly #clusters = new Map<string, LiveCluster>()
  readonly #changes = new Set<Promise<void>>()
  readonly #giveUp = new AbortController()
  #stopped = false

  constructor(options: LiveClustersOptions) {
    this.name = `${options.owner.replaceAll('_', '-')}-clusters`
    this.#options = options
    this.#metrics = new LiveClustersMetrics(options.metrics, options.owner, () => this.#states())
  }

  get names(): readonly string[] {
    return [...this.#clusters.values()].flatMap(({ name, cluster }) => (cluster ? [name] : [])).toSorted()
  }

  get(clusterName: string): LogCluster | undefined {
    return this.#clusters.get(clusterName)?.cluster
  }

  /** Is it wanted and only not open (yet)? What fails for that reason may succeed soon. */
  isConnecting(clusterName: string): boolean {
    const live = this.#clusters.get(clusterName)
    return live !== undefined && live.cluster === undefined && !live.isHopeless
  }

  /** One line for the operator while something is wrong with a wanted cluster. */
  problemOf(clusterName: string): string | undefined {
    return this.#clusters.get(clusterName)?.problem
  }

  /** Throws `invalid` where the connector could make no connection of the entry. Connects to nothing. */
  check(clusterName: string, entry: ClusterEntry): void {
    this.#options.connector.connect(clusterName, entry)
  }

  /** Wants exactly these from now on; one whose entry is as before is left alone. */
  want(wanted: ReadonlyMap<string, ClusterEntry>): void {
    if (this.#stopped) return
    for (const [name, live] of this.#clusters) {
      if (wanted.has(name)) continue
      this.#clusters.delete(name)
      live.drop()
    }
    for (const [name, entry] of wanted) {
      const live = this.#clusters.get(name) ?? this.#add(name)
      live.want(entry)
    }
  }

  /** Resolves when every wanted cluster was tried once, or after `waitMs`. */
  async tried(waitMs: number): Promise<void> {
    const all = Promise.all(Array.from(this.#clusters.values(), live => live.firstTried))
    const deadline = AbortSignal.any([AbortSignal.timeout(waitMs), this.#giveUp.signal])
    await settledBefore(deadline, all).catch(() => undefined)
  }

  async start(): Promise<void> {}

  async stop(deadline: AbortSignal): Promise<void> {
    const giveUp = (): void => this.#giveUp.abort(deadline.reason)
    if (deadline.aborted) giveUp()
    deadline.addEventListener('abort', giveUp, { once: true })
    this.want(new Map())
    this.#stopped = true
    await Promise.all(this.#changes)
    deadline.removeEventListener('abort', giveUp)
  }

  /** Not ready when no cluster serves: one of several that is away leaves the others their work (C3). */
  health(): Health {
    const clusters = [...this.#clusters.values()]
    const problems = clusters.flatMap(live => live.problem ?? [])
    if (problems.length === 0) return { ok: true }
    const reason = problems.join('; ')
    return clusters.some(live => live.isServing) ? { ok: true, degraded: reason } : { ok: false, reason }
  }

  *#states(): Iterable<readonly [string, boolean]> {
    for (const [name, { problem }] of this.#clusters) yield [name, problem === undefined]
  }

  #add(name: string): LiveCluster {
    const { connector, clock, log } = this.#options
    const live = new LiveCluster(name, {
      connector,
      clock,
      log: log.child({ component: this.name }),
      changed: retired => this.#changed(retired),
      failed: cluster => this.#metrics.failures.inc({ cluster }),
    })
    this.#clusters.set(name, live)
    return live
  }

  #changed(retired: ClusterConnection | undefined): void {
    const change = this.#change(retired)
    this.#changes.add(change)
    void change.finally(() => this.#changes.delete(change))
  }

  /** Never rejects. */
  async #change(retired: ClusterConnection | undefined): Promise<void> {
    const { log, onChange, drainMs = DRAIN_MS } = this.#options
    const address = retired?.address
    const within = (ms: number): AbortSignal =>
      AbortSignal.any([AbortSignal.timeout(ms), this.#giveUp.signal])
    try {
      const deadline = within(drainMs)
      await settledBefore(within(drainMs + GRACE_MS), onChange(deadline))
    } catch (err) {
      log.warn({ err, address }, 'work on a broker cluster did not end in time')
    }
    if (retired === undefined) return
    try {
      const deadline = within(CLOSE_MS)
      await settledBefore(within(CLOSE_MS + GRACE_MS), retired.close(deadline))
      log.info({ cluster: retired.cluster.clusterName, address }, 'broker cluster disconnected')
    } catch (err) {
      log.warn({ err, cluster: retired.cluster.clusterName, address }, 'broker cluster did not close cleanly')
    }
  }
}
