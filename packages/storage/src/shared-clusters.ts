import { StorageError } from './errors.ts'
import type { LogCluster } from './port/cluster.ts'
import type { ClusterConnector } from './port/connector.ts'

/**
 * A connector to clusters of the process itself: every owner gets the same object, and none of them opens or closes it. The
 * process starts them before and stops them after their users.
 */
export function sharedClusters(clusters: readonly LogCluster[]): ClusterConnector {
  const byName = new Map(clusters.map(cluster => [cluster.clusterName, cluster]))
  return {
    connect(clusterName, { engine }) {
      const cluster = byName.get(clusterName)
      if (cluster === undefined || engine !== 'embedded') {
        const names = [...byName.keys()].join(', ')
        throw new StorageError(
          'invalid',
          `this process has the embedded cluster ${names} and connects to no ${engine} cluster ${clusterName}`,
        )
      }
      return { cluster, address: 'this process', async open() {}, async close() {} }
    },
  }
}
