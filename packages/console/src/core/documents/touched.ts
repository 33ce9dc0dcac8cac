import type { DocumentKind } from '@ddmq/common/registry'
import { addressOf } from '../addresses.ts'
import type { Inventory } from '../model.ts'
import type { TouchedDocument } from '../ports.ts'

/** What of the config tree a change touches. */
export interface Scope {
  readonly topics?: readonly string[]
  readonly groups?: readonly string[]
  /** Proxies of these clusters. */
  readonly pproxiesOf?: readonly number[]
  readonly cproxiesOf?: readonly number[]
  readonly brokers?: readonly string[]
}

/** Definitions come before what refers to them (console.md §6.1). */
const ORDER: readonly DocumentKind[] = ['topic', 'group', 'pproxy', 'cproxy', 'broker']

export function touchedBy(inventory: Inventory, scope: Scope): readonly TouchedDocument[] {
  const { topics = [], groups = [], pproxiesOf = [], cproxiesOf = [], brokers = [] } = scope
  const proxies = inventory.nodes.filter(node =>
    (node.kind === 'pproxy' ? pproxiesOf : cproxiesOf).includes(node.clusterId),
  )
  return [
    ...topics.map(name => documentOf('topic', name)),
    ...groups.map(name => documentOf('group', name)),
    ...proxies.map(node => documentOf(node.kind, addressOf(node))),
    ...brokers.map(name => documentOf('broker', name)),
  ]
}

/** Every document that a row stands for (console.md §9.3, initAllZk). */
export function allDocuments(inventory: Inventory): readonly TouchedDocument[] {
  const clusters = inventory.clusters.map(cluster => cluster.id)
  const scope = {
    topics: inventory.topics.map(topic => topic.name),
    groups: inventory.groups.map(group => group.name),
    pproxiesOf: clusters,
    cproxiesOf: clusters,
    brokers: inventory.mqServers.map(server => server.name),
  }
  return touchedBy(inventory, scope)
}

/** Each document once, in the order of their publication. */
export function inOrder(documents: readonly TouchedDocument[]): readonly TouchedDocument[] {
  const byKey = new Map(documents.map(document => [keyOf(document), document]))
  return [...byKey.values()].toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind))
}

export function keyOf({ kind, name }: TouchedDocument): string {
  return `/${kind}/${name}`
}

function documentOf(kind: DocumentKind, name: string): TouchedDocument {
  return { kind, name }
}
