import type { Inventory, Relation } from './model.ts'

/** The template of the documents of a cluster's producer proxies: the first of its relations that says anything. */
export function producerTemplate(inventory: Inventory, clusterId: number): Relation['proxyConf'] | undefined {
  const { relations, mqServers } = inventory
  return relations.find(
    ({ kind, proxyConf, ...relation }) =>
      kind === 'pproxy' &&
      relation.clusterId === clusterId &&
      Object.keys(proxyConf).length > 0 &&
      mqServers.some(mqServer => mqServer.id === relation.mqServerId),
  )?.proxyConf
}
