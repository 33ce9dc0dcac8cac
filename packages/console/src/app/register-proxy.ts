import { addressOf, hostOf } from '../core/addresses.ts'
import { allDocuments } from '../core/documents/touched.ts'
import type { ProxyKind } from '../core/model.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'

/** Adds a proxy to a cluster; every topic or group of the cluster lists it when this returns (console.md §6.4). */
export async function addProxy(
  app: AppContext,
  kind: ProxyKind,
  clusterName: string,
  host: string,
): Promise<void> {
  if (!isIpv4(host)) throw new InvalidRequestError('invalid host')
  await registerProxy(app, kind, clusterName, addressOf({ host, kind }))
}

/** The same by `host:port`, the name that the proxy itself goes by. Nothing changes when it is there already. */
export async function registerProxy(
  app: AppContext,
  kind: ProxyKind,
  clusterName: string,
  address: string,
): Promise<void> {
  await app.changes.run(async store => {
    const { clusters, nodes } = await store.inventory()
    const cluster = clusters.find(candidate => candidate.name === clusterName)
    if (cluster === undefined) throw new InvalidRequestError('cluster not found')
    const host = hostOf(address, kind)
    const known = nodes.some(
      node => node.kind === kind && node.clusterId === cluster.id && addressOf(node) === address,
    )
    await store.write(async rows => {
      if (!known) await rows.insertNode({ clusterId: cluster.id, host, kind, seeded: false })
      await rows.touch(allDocuments(await rows.inventory()))
    })
    app.log.info({ kind, address }, 'proxy added')
  })
}

/**
 * Takes a proxy out of every topic or group. Its own document stays, so that the process is not stopped by this; no
 * topic or group names it any more.
 */
export async function removeProxy(app: AppContext, kind: ProxyKind, host: string): Promise<void> {
  await app.changes.run(async store => {
    const { nodes } = await store.inventory()
    const address = addressOf({ host, kind })
    const found = nodes.filter(node => node.kind === kind && addressOf(node) === address)
    if (found.length === 0) throw new InvalidRequestError('host not found')
    await store.write(async rows => {
      for (const node of found) await rows.deleteNode(node.id)
      await rows.touch(allDocuments(await rows.inventory()))
    })
    app.log.info({ kind, address }, 'proxy removed')
  })
}

function isIpv4(text: string): boolean {
  return /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && text.split('.').every(part => Number(part) <= 255)
}
