import { join } from 'node:path'
import { systemClock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import { type ClusterConnection, type ClusterConnector, type ClusterEntry, StorageError } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { GatedCluster } from './gated-cluster.ts'

/**
 * Connects to real engines in one folder: a document's embedded entry by name, a Kafka entry by its first address. A cluster
 * here outlives its connections, as a broker does.
 */
export class TestConnector implements ClusterConnector {
  readonly clusters = new Map<string, GatedCluster>()
  /** Cluster by cluster what was opened and closed, in order. */
  readonly events: string[] = []
  readonly #dir: string
  readonly #log: Logger
  readonly #added: GatedCluster[] = []
  readonly #refusing = new Set<string>()

  constructor(dir: string, log: Logger) {
    this.#dir = dir
    this.#log = log
  }

  /** To be started and stopped by who holds the connector. */
  add(clusterName: string, address = clusterName): GatedCluster {
    const real = new EmbeddedCluster({
      clusterName,
      dir: join(this.#dir, address),
      fsync: false,
      clock: systemClock,
      log: this.#log,
    })
    const cluster = new GatedCluster(real)
    this.clusters.set(address, cluster)
    return cluster
  }

  /** One more, while everything runs. */
  async addStarted(clusterName: string, address = clusterName): Promise<GatedCluster> {
    const cluster = this.add(clusterName, address)
    await cluster.start(new AbortController().signal)
    this.#added.push(cluster)
    return cluster
  }

  async stopAdded(): Promise<void> {
    for (const cluster of this.#added) await cluster.stop(AbortSignal.timeout(5_000))
  }

  cluster(address: string): GatedCluster {
    const cluster = this.clusters.get(address)
    if (cluster === undefined) throw new Error(`no cluster ${address}`)
    return cluster
  }

  /** Connections to it are refused from now on, or taken again. */
  refuse(address: string, refusing = true): void {
    if (refusing) this.#refusing.add(address)
    else this.#refusing.delete(address)
  }

  connect(clusterName: string, entry: ClusterEntry): ClusterConnection {
    const address = (entry.engine === 'kafka' ? entry.bootstrapServers?.[0] : undefined) ?? clusterName
    const cluster = this.clusters.get(address)
    if (cluster === undefined) throw new StorageError('invalid', `no engine for ${address}`)
    return {
      cluster,
      address,
      open: async () => {
        if (this.#refusing.has(address)) throw new StorageError('unavailable', 'connection refused')
        this.events.push(`open ${address}`)
      },
      close: async () => {
        this.events.push(`close ${address}`)
      },
    }
  }
}
