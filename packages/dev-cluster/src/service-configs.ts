import type { DevCluster } from './dev-cluster.ts'

interface Listeners {
  readonly port: number
  readonly admin: number
}

/** The console's configuration file. */
export function consoleConfig({ dir, ports }: DevCluster, passwordFile: string): string {
  return `# Console of the dev-cluster
admin: { host: 127.0.0.1, port: ${ports.consoleAdmin} }
registry: { embedded: { dir: ${JSON.stringify(dir)} } }
console:
  host: 127.0.0.1
  port: ${ports.console}
  databaseFile: ${JSON.stringify(dir)}
  administrators: [{ name: admin, passwordFile: ${JSON.stringify(passwordFile)} }]
  seed:
    producerProxies: [${addresses(ports.producerProxies)}]
    consumerProxies: [${addresses(ports.consumerProxies)}]
`
}

/** A producer proxy's configuration file. */
export function producerProxyConfig(cluster: DevCluster, { port, admin }: Listeners): string {
  return `# Producer proxy of the dev-cluster
admin: { host: 127.0.0.1, port: ${admin} }
registry: { embedded: { dir: ${JSON.stringify(cluster.dir)} } }
producerProxy: { host: 127.0.0.1, port: ${port} }
`
}

/** A consumer proxy's configuration file. */
export function consumerProxyConfig(cluster: DevCluster, { port, admin }: Listeners): string {
  return `# Consumer proxy of the dev-cluster
admin: { host: 127.0.0.1, port: ${admin} }
registry: { embedded: { dir: ${JSON.stringify(cluster.dir)} } }
consumerProxy: { host: 127.0.0.1, port: ${port} }
`
}

function addresses(proxies: readonly Listeners[]): string {
  return proxies.map(({ port }) => `'127.0.0.1:${port}'`).join(', ')
}
