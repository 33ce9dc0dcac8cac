import type { Logger } from '../../log/index.ts'
import { RegistryRefusedError, RegistryUnavailableError } from '../errors.ts'
import type { KeyedQueue } from '../keyed-queue.ts'
import { nodePath } from '../paths.ts'
import type { DocumentKind, DocumentListener, Documents, RegistryProblem, Watch } from '../registry.ts'
import type { RegistryMetrics } from '../registry-metrics.ts'
import { below } from './connect-string.ts'
import type { DocumentCache } from './document-cache.ts'
import { SessionLostError } from './errors.ts'
import { ABSENT, FollowedNode, type ReadNode } from './followed-node.ts'
import type { StoredNode } from './protocol.ts'
import type { ZooKeeperSession } from './session.ts'
import type { ZooKeeperTree } from './tree.ts'

/** How many nodes are asked about at once after a reconnect. */
const REPAIR_BATCH = 256

export interface FollowedNodesOptions {
  readonly tree: ZooKeeperTree
  /** Path of the config tree in ZooKeeper. */
  readonly root: string
  /** One job at a time for each path; shared with the writers. */
  readonly queue: KeyedQueue
  readonly cache: DocumentCache | undefined
  readonly log: Logger
  readonly documentMetrics: RegistryMetrics | undefined
}

type NodesByKind = { readonly [Kind in DocumentKind]: Map<string, FollowedNode<Kind>> }
type AnyNode =
  | FollowedNode<'topic'>
  | FollowedNode<'group'>
  | FollowedNode<'pproxy'>
  | FollowedNode<'cproxy'>
  | FollowedNode<'broker'>

/** The nodes that this process watches: brings each to the state that ZooKeeper has, whatever happened to the watches. */
export class FollowedNodes {
  readonly #options: FollowedNodesOptions
  readonly #nodes: NodesByKind = {
    topic: new Map(),
    group: new Map(),
    pproxy: new Map(),
    cproxy: new Map(),
    broker: new Map(),
  }
  /** Nodes whose reading waits in the queue: further changes need no reading of their own. */
  readonly #toRead = new Set<AnyNode>()

  constructor(options: FollowedNodesOptions) {
    this.#options = options
  }

  get cachedCount(): number {
    return this.#all().filter(node => node.isFromCache).length
  }

  problems(): readonly RegistryProblem[] {
    return this.#all().flatMap(node => (node.isWatched ? node.problems() : []))
  }

  /** Runs inside the node's turn of the queue. */
  async watch<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
    listener: DocumentListener<Documents[Kind]>,
  ): Promise<Watch> {
    const nodes: Map<string, FollowedNode<Kind>> = this.#nodes[kind]
    const node = nodes.get(name) ?? this.#newNode(kind, name)
    nodes.set(name, node)
    try {
      await this.#bringUpToDate(node)
      return await node.add(listener)
    } finally {
      if (!node.isWatched) nodes.delete(name)
    }
  }

  /** What this process itself has written, inside the node's turn of the queue. */
  async written(kind: DocumentKind, name: string, read: ReadNode | undefined): Promise<void> {
    const node = this.#nodes[kind].get(name)
    if (node?.isWatched === true) await node.take(read)
  }

  /** ZooKeeper says that a node changed. */
  changed(path: string): void {
    const node = this.#nodeAt(path)
    if (node !== undefined) this.#readLater(node)
  }

  /** Watches every node in a new session and reads those that changed. */
  async repair(session: ZooKeeperSession): Promise<void> {
    const nodes = this.#all()
    try {
      for (let from = 0; from < nodes.length; from += REPAIR_BATCH) {
        const batch = nodes.slice(from, from + REPAIR_BATCH)
        await Promise.all(batch.map(node => this.#compare(session, node)))
      }
    } catch (err) {
      // The next session does it again.
      if (!(err instanceof SessionLostError)) this.#options.log.error({ err }, 'watches not renewed')
    }
  }

  async #compare(session: ZooKeeperSession, node: AnyNode): Promise<void> {
    // In the middle of `watch` its watch was set in the session before; or nobody watches it any more. Its turn decides.
    if (!node.isWatched) return this.#readLater(node)
    try {
      const stat = await session.stat(this.#pathOf(node), true)
      if (!node.isAt(stat?.mzxid ?? ABSENT)) this.#readLater(node)
    } catch (thrown) {
      if (thrown instanceof SessionLostError) throw thrown
      node.refuse(thrown)
    }
  }

  #readLater(node: AnyNode): void {
    if (this.#toRead.has(node)) return
    this.#toRead.add(node)
    const { log, queue } = this.#options
    const path = this.#pathOf(node)
    queue
      .run(path, async () => {
        this.#toRead.delete(node)
        if (!node.isWatched) return this.#forget(node)
        await this.#read(node, path)
      })
      .catch((err: unknown) => log.error({ err, path }, 'changed node not read'))
  }

  async #read(node: AnyNode, path: string): Promise<void> {
    try {
      await node.take(asRead(await this.#options.tree.read(path, true)))
    } catch (thrown) {
      // Away: the repair of the next session reads it.
      if (thrown instanceof RegistryUnavailableError) return
      if (!(thrown instanceof RegistryRefusedError)) throw thrown
      node.refuse(thrown)
      // A node that may not be read gets no watch from the attempt: its rights may be mended, and it be written, later.
      await this.#options.tree.watch(path).catch(() => undefined)
    }
  }

  async #bringUpToDate<Kind extends DocumentKind>(node: FollowedNode<Kind>): Promise<void> {
    const { cache, log, tree } = this.#options
    try {
      await node.take(asRead(await tree.read(this.#pathOf(node), true)))
    } catch (thrown) {
      if (!(thrown instanceof RegistryUnavailableError)) throw thrown
      if (node.isKnown) return
      const cached = await cache?.load(node.kind, node.name)
      if (cached === undefined || !(await node.takeCached(cached))) throw thrown
      log.debug(
        { path: nodePath(node.kind, node.name), savedAt: new Date(cached.savedAtMs).toISOString() },
        'document comes from the last-good cache',
      )
    }
  }

  #newNode<Kind extends DocumentKind>(kind: Kind, name: string): FollowedNode<Kind> {
    const { cache, documentMetrics, log } = this.#options
    return new FollowedNode({ kind, name, path: nodePath(kind, name), cache, log, metrics: documentMetrics })
  }

  #forget(node: AnyNode): void {
    const nodes: Map<string, AnyNode> = this.#nodes[node.kind]
    if (nodes.get(node.name) === node) nodes.delete(node.name)
  }

  #all(): readonly AnyNode[] {
    return Object.values(this.#nodes).flatMap(nodes => [...nodes.values()])
  }

  #nodeAt(path: string): AnyNode | undefined {
    const [kind = '', name = ''] = path.slice(this.#options.root.length + 1).split('/')
    const nodes = Object.entries(this.#nodes).find(([key]) => key === kind)?.[1]
    return nodes?.get(name)
  }

  #pathOf(node: { readonly kind: DocumentKind; readonly name: string }): string {
    return below(this.#options.root, nodePath(node.kind, node.name))
  }
}

function asRead(stored: StoredNode | undefined): ReadNode | undefined {
  if (stored === undefined) return undefined
  return { text: stored.data.toString(), version: stored.stat.version, mzxid: stored.stat.mzxid }
}
