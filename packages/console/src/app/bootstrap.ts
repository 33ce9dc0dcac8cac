import type { ConsoleConfig } from '../config.ts'
import { addressOf, hostOf } from '../core/addresses.ts'
import { EMBEDDED_CPROXY_TEMPLATE, EMBEDDED_PPROXY_TEMPLATE } from '../core/engine-templates.ts'
import type { ProxyKind } from '../core/model.ts'
import type { AppContext } from './context.ts'

/**
 * Brings database and config tree to where services can start, without an operator (console.md §1.1): the seed rows, the
 * nodes of the configured proxies, the container nodes, every document. Does nothing the second time.
 */
export async function bootstrap(app: AppContext, seed: ConsoleConfig['seed']): Promise<void> {
  await app.changes.run(async () => {
    await app.store.seed({
      idc: seed.idc,
      cluster: seed.cluster,
      brokerCluster: seed.brokerCluster,
      pproxyTemplate: EMBEDDED_PPROXY_TEMPLATE,
      cproxyTemplate: EMBEDDED_CPROXY_TEMPLATE,
    })
    const replaced = [
      ...(await followSeed(app, seed.cluster, 'pproxy', seed.producerProxies)),
      ...(await followSeed(app, seed.cluster, 'cproxy', seed.consumerProxies)),
    ]
    await app.publisher.createContainers()
    await app.publisher.publishAll()
    for (const { kind, address } of replaced) await app.publisher.withdrawProxy(kind, address)
  })
}

/**
 * Makes the seeded nodes of one kind those of the configuration; nodes that operators added stay. Answers the addresses
 * that are no more.
 */
async function followSeed(
  app: AppContext,
  clusterName: string,
  kind: ProxyKind,
  addresses: readonly string[],
): Promise<readonly { kind: ProxyKind; address: string }[]> {
  const { clusters, nodes } = await app.store.inventory()
  const cluster = clusters.find(candidate => candidate.name === clusterName)
  if (cluster === undefined) return []
  const present = nodes.filter(node => node.kind === kind && node.clusterId === cluster.id)
  for (const address of new Set(addresses)) {
    if (present.some(node => addressOf(node) === address)) continue
    await app.store.insertNode({
      clusterId: cluster.id,
      host: hostOf(address, kind),
      kind,
      seeded: true,
    })
  }
  const gone = present.filter(node => node.seeded && !addresses.includes(addressOf(node)))
  for (const node of gone) await app.store.deleteNode(node.id)
  return gone.map(node => ({ kind, address: addressOf(node) }))
}
