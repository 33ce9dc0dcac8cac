import { type MariaDb, startKafka, startMariaDb, startZooKeeper } from '@ddmq/testkit'
import { allStarted } from './all-started.ts'
import { type DevCluster, folderOf } from './dev-cluster.ts'

export const MARIADB_DATABASE = 'ddmq'

export interface Servers {
  readonly mariaDb: Pick<MariaDb, 'user' | 'password'>
}

/** Starts Kafka, ZooKeeper and MariaDB side by side; those that run are left as they are. */
export async function startServers(cluster: DevCluster): Promise<Servers> {
  const mariaDb = startDatabase(cluster)
  await allStarted([mariaDb, startTree(cluster), startBrokers(cluster)])
  return { mariaDb: await mariaDb }
}

async function startTree(cluster: DevCluster): Promise<void> {
  const { zooKeeper, zooKeeperPeers, zooKeeperElections } = cluster.ports
  await startZooKeeper({
    nodes: 3,
    dir: await folderOf(cluster, 'zookeeper'),
    ports: [...zooKeeper, ...zooKeeperPeers, ...zooKeeperElections],
    outlives: true,
  })
}

async function startBrokers(cluster: DevCluster): Promise<void> {
  const { kafka, kafkaPeers, kafkaControllers } = cluster.ports
  await startKafka({
    brokers: 3,
    dir: await folderOf(cluster, 'kafka'),
    ports: { client: kafka, peer: kafkaPeers, controller: kafkaControllers },
    outlives: true,
  })
}

async function startDatabase(cluster: DevCluster): Promise<MariaDb> {
  return startMariaDb({
    dir: await folderOf(cluster, 'mariadb'),
    port: cluster.ports.mariaDb,
    outlives: true,
    initSql: [`CREATE DATABASE IF NOT EXISTS ${MARIADB_DATABASE} CHARACTER SET utf8mb4`],
  })
}
