import { withDeadline } from '@ddmq/common/async'
import { describeError } from '@ddmq/common/errors'
import type { ConsoleConfig } from '../config.ts'
import { addressOf, hostOf } from '../core/addresses.ts'
import { CPROXY_TEMPLATE, PPROXY_TEMPLATE } from '../core/engine-templates.ts'
import { MQ_SERVER_TYPE, type ProxyKind } from '../core/model.ts'
import type { MetadataWriter } from '../core/ports.ts'
import type { AppContext } from './context.ts'

/** How long a start waits for the tree before it goes on without. */
const TREE_WAIT_MS = 30_000

/**
 * Brings database and config tree to where services can start, without an operator (console.md §1.1): the seed rows, the
 * nodes of the configured proxies, the container nodes, every document. Does nothing the second time. A tree that is away
 * does not keep the console from starting: the publisher goes on by itself.
 */
export async function bootstrap(app: AppContext, seed: ConsoleConfig['seed']): Promise<void> {
  await app.store.exclusively('change', store =>
    store.write(async rows => {
      await rows.seed({
        idc: seed.idc,
        cluster: seed.cluster,
        brokerCluster: {
          name: seed.brokerCluster,
          type: MQ_SERVER_TYPE[seed.engine],
          addr: seed.engine === 'kafka' ? seed.bootstrapServers.join(',') : seed.engine,
        },
        pproxyTemplate: PPROXY_TEMPLATE,
        cproxyTemplate: CPROXY_TEMPLATE,
      })
      await followSeed(rows, seed.cluster, 'pproxy', seed.producerProxies)
      await followSeed(rows, seed.cluster, 'cproxy', seed.consumerProxies)
    }),
  )
  try {
    await withDeadline(TREE_WAIT_MS, () => app.publisher.reconcile())
  } catch (thrown) {
    app.log.warn(`starting without the config tree: ${describeError(thrown)}`)
  }
}

/** Makes the seeded nodes of one kind those of the configuration; nodes that operators added stay. */
async function followSeed(
  rows: MetadataWriter,
  clusterName: string,
  kind: ProxyKind,
  addresses: readonly string[],
): Promise<void> {
  const { clusters, nodes } = await rows.inventory()
  const cluster = clusters.find(candidate => candidate.name === clusterName)
  if (cluster === undefined) return
  const present = nodes.filter(node => node.kind === kind && node.clusterId === cluster.id)
  for (const address of new Set(addresses)) {
    if (present.some(node => addressOf(node) === address)) continue
    await rows.insertNode({ clusterId: cluster.id, host: hostOf(address, kind), kind, seeded: true })
  }
  const gone = present.filter(node => node.seeded && !addresses.includes(addressOf(node)))
  for (const node of gone) await rows.withdrawNode(node.id)
  // Its process would otherwise find a document of another address.
  await rows.touch(gone.map(node => ({ kind, name: addressOf(node) })))
}
