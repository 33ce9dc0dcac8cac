import { once } from 'node:events'
import { connect } from 'node:net'
import type { DevCluster } from './dev-cluster.ts'
import { notReady } from './service-process.ts'

const CONNECT_MS = 2_000

/** One process of a cluster as a person looks at it. */
export interface Member {
  readonly name: string
  /** As its record calls it. */
  readonly process: string
  readonly address: string
  /** All it listens on. */
  readonly ports: readonly number[]
  /** Why it cannot be used; undefined when it can. */
  readonly ailment: () => Promise<string | undefined>
}

/** All processes of a cluster, what is worked on before what works on it. */
export function members({ ports }: DevCluster): readonly Member[] {
  return [
    ...ports.zooKeeper.map((port, index) =>
      server(`zookeeper-${index + 1}`, `zookeeper ${index + 1}`, [
        port,
        ...at(ports.zooKeeperPeers, index),
        ...at(ports.zooKeeperElections, index),
      ]),
    ),
    ...ports.kafka.map((port, index) =>
      server(`kafka-${index + 1}`, `Kafka 4 broker ${index + 1}`, [
        port,
        ...at(ports.kafkaPeers, index),
        ...at(ports.kafkaControllers, index),
      ]),
    ),
    server('mariadb', `mariadb:${ports.mariaDb}`, [ports.mariaDb]),
    service('console', { port: ports.console, admin: ports.consoleAdmin }),
    ...ports.producerProxies.map((proxy, index) => service(`producer-proxy-${index + 1}`, proxy)),
    ...ports.consumerProxies.map((proxy, index) => service(`consumer-proxy-${index + 1}`, proxy)),
    ...ports.chronos.map((admin, index) => service(`chronos-${index + 1}`, { port: admin, admin })),
  ]
}

function server(name: string, process: string, ports: readonly number[]): Member {
  const [port = 0] = ports
  return { name, process, address: `127.0.0.1:${port}`, ports, ailment: () => silent(port) }
}

function service(name: string, { port, admin }: { readonly port: number; readonly admin: number }): Member {
  const address = name === 'console' ? `http://127.0.0.1:${port}/` : `127.0.0.1:${port}`
  return { name, process: name, address, ports: [port, admin], ailment: () => notReady(admin) }
}

function at(ports: readonly number[], index: number): readonly number[] {
  return ports.slice(index, index + 1)
}

async function silent(port: number): Promise<string | undefined> {
  const socket = connect({ host: '127.0.0.1', port, signal: AbortSignal.timeout(CONNECT_MS) })
  try {
    await once(socket, 'connect')
    return undefined
  } catch {
    return `no answer at 127.0.0.1:${port}`
  } finally {
    socket.destroy()
  }
}
