import type { Cluster, Inventory, ProxyKind, ProxyNode } from './model.ts'

const DEFAULT_PORT: Readonly<Record<ProxyKind, number>> = { pproxy: 9613, cproxy: 9713 }
const PREFIX: Readonly<Record<ProxyKind, string>> = { pproxy: 'P_', cproxy: 'C_' }

/** `host:port` of a proxy: the name of its document and the proxy's own name (console.md §9.1, identity rule). */
export function addressOf(node: Pick<ProxyNode, 'host' | 'kind'>): string {
  return /:\d+$/.test(node.host) ? node.host : `${node.host}:${DEFAULT_PORT[node.kind]}`
}

/** How an address is stored: the default port of the kind is left out, as the original rows have it. */
export function hostOf(address: string, kind: ProxyKind): string {
  const suffix = `:${DEFAULT_PORT[kind]}`
  return address.endsWith(suffix) ? address.slice(0, -suffix.length) : address
}

export function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1))
}

export function proxyClusterOf(cluster: Cluster, kind: ProxyKind): string {
  return `${PREFIX[kind]}${cluster.name}`
}

/**
 * Proxies of a cluster as the documents list them, derived from the live nodes each time: a proxy added, moved or
 * removed reaches topics and groups that were there before it. Empty when the cluster has none.
 */
export function proxiesOf(inventory: Inventory, cluster: Cluster, kind: ProxyKind): Record<string, string[]> {
  const addresses = inventory.nodes
    .filter(node => node.clusterId === cluster.id && node.kind === kind)
    .map(node => addressOf(node))
    .toSorted()
  return addresses.length === 0 ? {} : { [proxyClusterOf(cluster, kind)]: [...new Set(addresses)] }
}

/** Share of one proxy in a limit that holds for all of them; the whole limit while there is no proxy yet. */
export function sharePerProxy(total: number, proxies: Readonly<Record<string, readonly string[]>>): number {
  const count = Object.values(proxies).flat().length
  return Math.ceil(total / Math.max(1, count))
}
