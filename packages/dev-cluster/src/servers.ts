import { startKafka, startMariaDb, startZooKeeper } from '@ddmq/testkit'
import { type DevCluster, folderOf } from './dev-cluster.ts'

/** Starts Kafka, ZooKeeper and MariaDB side by side; those that run are left as they are. */
export async function startServers(cluster: DevCluster): Promise<void> {
  await Promise.all([startTree(cluster), startBrokers(cluster), startDatabase(cluster)])
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

async function startDatabase(cluster: DevCluster): Promise<void> {
  await startMariaDb({
    dir: await folderOf(cluster, 'mariadb'),
    port: cluster.ports.mariaDb,
    outlives: true,
    initSql: ['CREATE DATABASE IF NOT EXISTS ddmq CHARACTER SET utf8mb4'],
  })
}
