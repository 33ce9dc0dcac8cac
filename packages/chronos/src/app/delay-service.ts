import type { Clock } from '@ddmq/common/clock'
import type { Component, Health } from '@ddmq/common/lifecycle'
import type { LiveClusters, LogCluster } from '@ddmq/storage'
import type { WantedCluster } from '../core/wanted-tables.ts'
import type { ShardSample } from '../metrics.ts'
import type { ClusterShards } from './cluster-shards.ts'
import type { Shard } from './shard.ts'
import { sampleOf } from './shard-sample.ts'

/** What is under way on a table that is not wanted any more may take so long. */
const STOP_MS = 15_000

export interface DelayServiceDeps {
  readonly clusters: Pick<LiveClusters, 'get' | 'want'>
  readonly clock: Clock
  readonly openTable: (cluster: LogCluster, table: WantedTable) => ClusterShards
}

/** One table of one broker cluster. */
export interface WantedTable {
  readonly clusterName: string
  readonly engine: WantedCluster['entry']['engine']
  readonly prefix: string
}

interface Running {
  readonly clusterName: string
  readonly shards: ClusterShards
}

/** The delay service of this process: the shards of every table that is wanted, on the clusters that are connected. */
export class DelayService implements Component {
  readonly name = 'chronos'
  readonly #deps: DelayServiceDeps
  readonly #running = new Map<string, Running>()
  #wanted: ReadonlyMap<string, WantedCluster> = new Map()
  #changes: Promise<void> = Promise.resolve()
  #stopped = false

  constructor(deps: DelayServiceDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {}

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    await this.clustersChanged(deadline)
  }

  want(wanted: ReadonlyMap<string, WantedCluster>): void {
    this.#wanted = wanted
    this.#deps.clusters.want(new Map([...wanted].map(([name, { entry }]) => [name, entry])))
    void this.clustersChanged(AbortSignal.timeout(STOP_MS))
  }

  /** Resolves when nothing runs on what is not connected any more, or not wanted. */
  clustersChanged(deadline: AbortSignal): Promise<void> {
    this.#changes = this.#changes.then(() => this.#follow(deadline))
    return this.#changes
  }

  health(): Health {
    const problems = [...this.#running.values()].flatMap(({ shards: { problem, clockDoubt, shards } }) =>
      [problem, clockDoubt, ...Array.from(shards, shard => shard.problem)].filter(said => said !== undefined),
    )
    return problems.length === 0 ? { ok: true } : { ok: true, degraded: problems.join('; ') }
  }

  *shards(): Iterable<{ readonly cluster: string; readonly shard: Shard }> {
    for (const { clusterName: cluster, shards } of this.#running.values()) {
      for (const shard of shards.shards) yield { cluster, shard }
    }
  }

  *doubtedClocks(): Iterable<string> {
    for (const { clusterName, shards } of this.#running.values()) {
      if (shards.clockDoubt !== undefined) yield clusterName
    }
  }

  /** Clusters without transactions. */
  *atLeastOnce(): Iterable<string> {
    for (const { clusterName, shards } of this.#running.values()) {
      if (!shards.cluster.capabilities.transactions) yield clusterName
    }
  }

  *samples(): Iterable<ShardSample> {
    const nowMs = this.#deps.clock.nowMs()
    for (const { cluster, shard } of this.shards()) yield sampleOf(cluster, shard, nowMs)
  }

  async #follow(deadline: AbortSignal): Promise<void> {
    const { clusters, openTable } = this.#deps
    const tables = this.#stopped ? [] : this.#tables()
    const wanted = new Map(tables.map(table => [`${table.clusterName}/${table.prefix}`, table]))
    const outdated = [...this.#running].filter(
      ([key, { clusterName, shards }]) => !wanted.has(key) || clusters.get(clusterName) !== shards.cluster,
    )
    await Promise.all(outdated.map(([, { shards }]) => shards.stop(deadline)))
    for (const [key] of outdated) this.#running.delete(key)
    for (const [key, table] of wanted) {
      const cluster = clusters.get(table.clusterName)
      if (cluster === undefined || this.#running.has(key)) continue
      const shards = openTable(cluster, table)
      this.#running.set(key, { clusterName: table.clusterName, shards })
      shards.start()
    }
  }

  #tables(): readonly WantedTable[] {
    return [...this.#wanted].flatMap(([clusterName, { entry, prefixes }]) =>
      Array.from(prefixes, prefix => ({ clusterName, engine: entry.engine, prefix })),
    )
  }
}
