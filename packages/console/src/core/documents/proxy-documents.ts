import {
  type BrokerConfig,
  type CProxyConfig,
  cproxyConfigSchema,
  type PProxyConfig,
  pproxyConfigSchema,
} from '@ddmq/common/registry'
import { addressOf, portOf, proxiesOf, proxyClusterOf } from '../addresses.ts'
import type { Cluster, Inventory, MqServer, ProxyKind, ProxyNode } from '../model.ts'
import { producerTemplate } from '../producer-template.ts'
import { type Bound, consumerEngines, withEngines } from './engine-maps.ts'

/** `/pproxy/<ip:port>` (console.md §9.2.3); undefined when the node's cluster is bound to no broker cluster. */
export function pproxyDocument(inventory: Inventory, node: ProxyNode): PProxyConfig | undefined {
  const cluster = inventory.clusters.find(candidate => candidate.id === node.clusterId)
  const bounds = cluster === undefined ? [] : boundServers(inventory, cluster, 'pproxy')
  if (cluster === undefined || bounds.length === 0) return undefined
  const instance = addressOf(node)
  const template = producerTemplate(inventory, cluster.id)
  const topicIds = topicIdsOn(inventory, cluster, bounds)
  return pproxyConfigSchema.parse({
    instance,
    proxyCluster: proxyClusterOf(cluster, 'pproxy'),
    brokerClusters: bounds.map(bound => bound.mqServer.name),
    topics: inventory.topics.filter(topic => topicIds.has(topic.id)).map(topic => topic.name),
    carreraConfiguration: {
      ...withEngines(inventory, bounds, template),
      thriftServer: { ...objectOf(template?.['thriftServer']), port: portOf(instance) },
    },
  })
}

/** `/cproxy/<ip:port>` (console.md §9.2.4). `groups`: those with an enabled subscription this proxy's cluster can serve. */
export function cproxyDocument(inventory: Inventory, node: ProxyNode): CProxyConfig | undefined {
  const cluster = inventory.clusters.find(candidate => candidate.id === node.clusterId)
  const bounds = cluster === undefined ? [] : boundServers(inventory, cluster, 'cproxy')
  if (cluster === undefined || bounds.length === 0) return undefined
  const instance = addressOf(node)
  const topicIds = topicIdsOn(inventory, cluster, bounds)
  const groupIds = new Set(
    inventory.subscriptions
      .filter(sub => sub.enabled && sub.clusterId === cluster.id && topicIds.has(sub.topicId))
      .map(sub => sub.groupId),
  )
  return cproxyConfigSchema.parse({
    instance,
    proxyCluster: proxyClusterOf(cluster, 'cproxy'),
    brokerClusters: bounds.map(bound => bound.mqServer.name),
    ...consumerEngines(inventory, bounds),
    thriftServer: { port: portOf(instance) },
    groups: inventory.groups.filter(group => groupIds.has(group.id)).map(group => group.name),
  })
}

/** `/broker/<brokerCluster>` (console.md §9.2.5), with the real port of every proxy. */
export function brokerDocument(inventory: Inventory, mqServer: MqServer): BrokerConfig {
  return {
    brokerCluster: mqServer.name,
    brokerClusterAddrs: mqServer.addr,
    brokers: {},
    pproxies: proxiesOnServer(inventory, mqServer, 'pproxy'),
    cproxies: proxiesOnServer(inventory, mqServer, 'cproxy'),
  }
}

/** Proxies of all clusters that are bound to a broker cluster. */
function proxiesOnServer(
  inventory: Inventory,
  mqServer: MqServer,
  kind: ProxyKind,
): Record<string, string[]> {
  const entries = inventory.clusters
    .filter(cluster =>
      boundServers(inventory, cluster, kind).some(bound => bound.mqServer.id === mqServer.id),
    )
    .flatMap(cluster => Object.entries(proxiesOf(inventory, cluster, kind)))
  return Object.fromEntries(entries)
}

/** Relations of a cluster for one kind of proxy, each with its broker cluster, in the order of the rows. */
function boundServers(inventory: Inventory, cluster: Cluster, kind: ProxyKind): readonly Bound[] {
  return inventory.relations
    .filter(relation => relation.clusterId === cluster.id && relation.kind === kind)
    .flatMap(relation => {
      const mqServer = inventory.mqServers.find(candidate => candidate.id === relation.mqServerId)
      return mqServer === undefined ? [] : [{ relation, mqServer }]
    })
}

function topicIdsOn(inventory: Inventory, cluster: Cluster, bounds: readonly Bound[]): ReadonlySet<number> {
  const servers = new Set(bounds.map(bound => bound.mqServer.id))
  return new Set(
    inventory.confs
      .filter(conf => conf.clusterId === cluster.id && servers.has(conf.mqServerId))
      .map(conf => conf.topicId),
  )
}

function objectOf(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}
