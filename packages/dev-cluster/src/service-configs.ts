import { join } from 'node:path'
import type { DevCluster } from './dev-cluster.ts'
import { MARIADB_DATABASE } from './servers.ts'

interface Listeners {
  readonly port: number
  readonly admin: number
}

/** What the console needs to get into its database, and where its administrator's password is. */
interface ConsoleSecrets {
  readonly mariaDb: { readonly user: string; readonly password: string }
  readonly passwordFile: string
}

/** The console's configuration file. */
export function consoleConfig(cluster: DevCluster, { mariaDb, passwordFile }: ConsoleSecrets): string {
  const { ports } = cluster
  return `# Console of the dev-cluster.
${shared(cluster, 'console')}
admin: { host: 127.0.0.1, port: ${ports.consoleAdmin} }
console:
  host: 127.0.0.1
  port: ${ports.console}
  database:
    mysql:
      hosts: [127.0.0.1:${ports.mariaDb}]
      user: ${mariaDb.user}
      password: ${mariaDb.password}
      database: ${MARIADB_DATABASE}
  chronos: [${ports.chronos.map(port => `http://${at(port)}`).join(', ')}]
  administrators:
    - { name: admin, passwordFile: ${quoted(passwordFile)} }
  seed:
    producerProxies: [${addresses(ports.producerProxies)}]
    consumerProxies: [${addresses(ports.consumerProxies)}]
`
}

/** A producer proxy's configuration file. */
export function producerProxyConfig(cluster: DevCluster, name: string, { port, admin }: Listeners): string {
  return `# Producer proxy of the dev-cluster.
${shared(cluster, name)}
admin: { host: 127.0.0.1, port: ${admin} }
producerProxy: { host: 127.0.0.1, port: ${port} }
`
}

/** A consumer proxy's configuration file. */
export function consumerProxyConfig(cluster: DevCluster, name: string, { port, admin }: Listeners): string {
  return `# Consumer proxy of the dev-cluster.
${shared(cluster, name)}
admin: { host: 127.0.0.1, port: ${admin} }
consumerProxy: { host: 127.0.0.1, port: ${port} }
`
}

/** A delay service's configuration file. */
export function chronosConfig(cluster: DevCluster, name: string, admin: number): string {
  return `# Delay service of the dev-cluster.
${shared(cluster, name)}
admin: { host: 127.0.0.1, port: ${admin} }
chronos:
  instance: ${name}
  dataDir: ${quoted(join(cluster.dir, name))}
`
}

/** Where the tree and the brokers are. */
function shared({ dir, ports }: DevCluster, name: string): string {
  return `registry:
  zookeeper:
    connect: ${ports.zooKeeper.map(at).join(',')}
    cacheDir: ${quoted(join(dir, 'tree', name))}
brokerClusters:
  R_default:
    kafka:
      bootstrapServers: [${ports.kafka.map(at).join(', ')}]`
}

function addresses(proxies: readonly Listeners[]): string {
  return proxies.map(({ port }) => at(port)).join(', ')
}

function at(port: number): string {
  return `127.0.0.1:${port}`
}

/** A path may hold what YAML takes for something else. */
function quoted(path: string): string {
  return JSON.stringify(path)
}
