import { isDeepStrictEqual } from 'node:util'
import { describeError } from '@ddmq/common/errors'
import type { Logger } from '@ddmq/common/log'
import type { DocumentKind, Documents, Registry } from '@ddmq/common/registry'
import { addressOf } from '../core/addresses.ts'
import { groupDocument } from '../core/documents/group-document.ts'
import { brokerDocument, cproxyDocument, pproxyDocument } from '../core/documents/proxy-documents.ts'
import { topicDocument } from '../core/documents/topic-document.ts'
import type { Inventory, ProxyKind, ProxyNode } from '../core/model.ts'
import type { MetadataStore } from '../core/ports.ts'
import type { ConsoleMetrics } from '../metrics.ts'

/** What of the config tree a change touches. Definitions are written before what refers to them (console.md §6.1). */
export interface Scope {
  readonly topics?: readonly string[]
  readonly groups?: readonly string[]
  /** Proxies of these clusters. */
  readonly pproxiesOf?: readonly number[]
  readonly cproxiesOf?: readonly number[]
}

/**
 * Makes the config tree equal to the database.
 *
 * P1 A document is a function of the rows; publishing twice changes nothing the second time, not even a version.
 * P2 Called after the rows are committed. A crash or an error in between is healed by the next publication of the
 *    same documents, at the latest by `publishAll` at the next start.
 * P3 Nodes that no row stands for are never added, and only deleted where the row was deleted.
 */
export class Publisher {
  readonly #store: MetadataStore
  readonly #registry: Registry
  readonly #metrics: ConsoleMetrics
  readonly #log: Logger

  constructor(deps: { store: MetadataStore; registry: Registry; metrics: ConsoleMetrics; log: Logger }) {
    this.#store = deps.store
    this.#registry = deps.registry
    this.#metrics = deps.metrics
    this.#log = deps.log
  }

  /** The container nodes with their placeholder (console.md §9.3, initZkPath). */
  createContainers(): Promise<void> {
    return this.#registry.createContainers()
  }

  /** Every document from every live row (console.md §9.3, initAllZk), and none of a group whose row was deleted. */
  async publishAll(): Promise<void> {
    const inventory = await this.#store.inventory()
    const groups = inventory.groups.map(group => group.name)
    const clusters = inventory.clusters.map(cluster => cluster.id)
    await this.#publish(inventory, {
      topics: inventory.topics.map(topic => topic.name),
      groups: [...new Set([...groups, ...(await this.#store.deletedGroupNames())])],
      pproxiesOf: clusters,
      cproxiesOf: clusters,
    })
    for (const mqServer of inventory.mqServers) {
      await this.#put('broker', mqServer.name, brokerDocument(inventory, mqServer))
    }
  }

  async publish(scope: Scope): Promise<void> {
    await this.#publish(await this.#store.inventory(), scope)
  }

  /** The node of a proxy that is gone for good: its process would otherwise find a document of another address. */
  async withdrawProxy(kind: ProxyKind, address: string): Promise<void> {
    await this.#put(kind, address, undefined)
  }

  async #publish(inventory: Inventory, scope: Scope): Promise<void> {
    const { topics = [], groups = [], pproxiesOf = [], cproxiesOf = [] } = scope
    for (const name of topics) {
      const topic = inventory.topics.find(candidate => candidate.name === name)
      await this.#put('topic', name, topic && topicDocument(inventory, topic))
    }
    for (const name of groups) {
      const group = inventory.groups.find(candidate => candidate.name === name)
      await this.#put('group', name, group && groupDocument(inventory, group))
    }
    for (const node of inventory.nodes) {
      const clusters = node.kind === 'pproxy' ? pproxiesOf : cproxiesOf
      if (clusters.includes(node.clusterId)) await this.#putProxy(inventory, node)
    }
  }

  /** A proxy whose cluster is bound to no broker cluster has no document. */
  async #putProxy(inventory: Inventory, node: ProxyNode): Promise<void> {
    const { kind } = node
    const document = kind === 'pproxy' ? pproxyDocument(inventory, node) : cproxyDocument(inventory, node)
    if (document !== undefined) await this.#put(kind, addressOf(node), document)
  }

  async #put<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
    document: Documents[Kind] | undefined,
  ): Promise<void> {
    const stored = await this.#stored(kind, name)
    if (isDeepStrictEqual(stored, document)) return
    if (document === undefined) await this.#registry.delete(kind, name)
    else await this.#registry.put(kind, name, document)
    this.#metrics.documentsPublished.inc({ kind })
  }

  /** What is in the tree; null stands for a node that cannot be read, which differs from every document. */
  async #stored(kind: DocumentKind, name: string): Promise<unknown> {
    try {
      return (await this.#registry.get(kind, name))?.value
    } catch (thrown) {
      this.#log.warn({ kind, node: name, reason: describeError(thrown) }, 'replacing an unreadable document')
      return null
    }
  }
}
