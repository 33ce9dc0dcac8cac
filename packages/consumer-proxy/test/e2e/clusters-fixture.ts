import { join } from 'node:path'
import { systemClock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import { type ClusterConnector, StorageError } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { SilenceableCluster } from './silenceable-cluster.ts'

/** Engines in one folder, by address: a broker cluster's name, or the first address of its Kafka entry. */
export class TestClusters implements ClusterConnector {
  readonly events: string[] = []
  readonly #dir: string
  readonly #log: Logger
  readonly #clusters = new Map<string, SilenceableCluster>()
  readonly #refusing = new Set<string>()

  constructor(dir: string, log: Logger) {
    this.#dir = dir
    this.#log = log
  }

  async add(clusterName: string, address = clusterName): Promise<SilenceableCluster> {
    const dir = join(this.#dir, address)
    const real = new EmbeddedCluster({ clusterName, dir, fsync: false, clock: systemClock, log: this.#log })
    await real.start()
    const cluster = new SilenceableCluster(real)
    this.#clusters.set(address, cluster)
    return cluster
  }

  get(address: string): SilenceableCluster {
    const cluster = this.#clusters.get(address)
    if (cluster === undefined) throw new Error(`no cluster ${address}`)
    return cluster
  }

  refuse(address: string, refusing = true): void {
    if (refusing) this.#refusing.add(address)
    else this.#refusing.delete(address)
  }

  async stop(): Promise<void> {
    for (const cluster of this.#clusters.values()) {
      cluster.speak()
      await cluster.log.stop(AbortSignal.timeout(5000))
    }
  }

  connect(clusterName: string, entry: Parameters<ClusterConnector['connect']>[1]) {
    const address = (entry.engine === 'kafka' ? entry.bootstrapServers?.[0] : undefined) ?? clusterName
    const cluster = this.#clusters.get(address)?.log
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
