import { join } from 'node:path'
import { systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import { type ClusterConnector, StorageError } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'

/** Real engines by address: an embedded cluster's name, or the first address of a Kafka one. */
export class TestClusters implements ClusterConnector, AsyncDisposable {
  readonly #dir: string
  readonly #clusters = new Map<string, EmbeddedCluster>()
  readonly #refusing = new Set<string>()

  constructor(dir: string) {
    this.#dir = dir
  }

  async add(clusterName: string, address = clusterName): Promise<EmbeddedCluster> {
    const dir = join(this.#dir, `log-${address.replace(':', '-')}`)
    const log = createLogger({ level: 'silent', pretty: false })
    const cluster = new EmbeddedCluster({
      clusterName,
      dir,
      fsync: false,
      freeSpaceFloorBytes: 1,
      clock: systemClock,
      log,
    })
    await cluster.start()
    this.#clusters.set(address, cluster)
    return cluster
  }

  refuse(address: string, refusing = true): void {
    if (refusing) this.#refusing.add(address)
    else this.#refusing.delete(address)
  }

  connect(clusterName: string, entry: Parameters<ClusterConnector['connect']>[1]) {
    const address = (entry.engine === 'kafka' ? entry.bootstrapServers?.[0] : undefined) ?? clusterName
    const cluster = this.#clusters.get(address)
    if (cluster === undefined) throw new StorageError('invalid', `this process has no engine for ${address}`)
    return {
      cluster,
      address,
      open: async () => {
        if (this.#refusing.has(address)) throw new StorageError('unavailable', 'connection refused')
      },
      close: async () => undefined,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cluster of this.#clusters.values()) await cluster.stop(AbortSignal.timeout(5000))
  }
}
