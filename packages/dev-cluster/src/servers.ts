import { startMariaDb } from '@ddmq/testkit'
import { type DevCluster, folderOf } from './dev-cluster.ts'

/** Starts Kafka, ZooKeeper and MariaDB side by side; those that run are left as they are. */
export async function startServers(cluster: DevCluster): Promise<void> {
  await startDatabase(cluster)
}

async function startDatabase(cluster: DevCluster): Promise<void> {
  await startMariaDb({
    dir: await folderOf(cluster, 'mariadb'),
    port: cluster.ports.mariaDb,
    outlives: true,
    initSql: ['CREATE DATABASE IF NOT EXISTS ddmq CHARACTER SET utf8mb4'],
  })
}
