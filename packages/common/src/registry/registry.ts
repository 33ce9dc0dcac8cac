import type { Component } from '../lifecycle/index.ts'
import type { BrokerConfig, CProxyConfig, GroupConfig, PProxyConfig, TopicConfig } from './schema/index.ts'

/** The documents of the config tree by kind; a kind is also the name of its container node (`/topic/<name>`…). */
export interface Documents {
  readonly topic: TopicConfig
  readonly group: GroupConfig
  readonly pproxy: PProxyConfig
  readonly cproxy: CProxyConfig
  readonly broker: BrokerConfig
}
export type DocumentKind = keyof Documents

export interface Versioned<Document> {
  readonly value: Document
  /** Grows with every write of the node; starts again at 0 when a node is created anew. */
  readonly version: number
}

/**
 * Called with the current value first, then with every change; `undefined` when the node is absent. Calls for one node
 * follow each other and are awaited. Never called with a document that did not pass its schema: the last good one stays
 * in force (common-monitor-deploy.md §5.4), and `problems` names the node.
 */
export type DocumentListener<Document> = (current: Versioned<Document> | undefined) => void | Promise<void>

export interface Watch {
  close(): void
}

export interface PutOptions {
  /** Compare-and-set: refused with `REGISTRY_VERSION_CONFLICT` when the node is at another version; −1 = must not exist. */
  readonly expectedVersion?: number
}

/** A node whose stored document cannot be used. */
export interface RegistryProblem {
  readonly path: string
  readonly reason: string
}

/** The config tree (architecture §8): original paths below `/carrera/v4/config`, original JSON. */
export interface Registry extends Component {
  /** Reads and checks one document; undefined when absent; throws `REGISTRY_DOCUMENT_INVALID` when it does not fit its schema. */
  get<Kind extends DocumentKind>(kind: Kind, name: string): Promise<Versioned<Documents[Kind]> | undefined>
  /** Names of the nodes of a kind, sorted. */
  list(kind: DocumentKind): Promise<readonly string[]>
  /** Resolves after the listener has seen the current value. */
  watch<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
    listener: DocumentListener<Documents[Kind]>,
  ): Promise<Watch>
  /** Checks, then writes; resolves with the new version after every watcher of this process has applied it. */
  put<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
    document: Documents[Kind],
    options?: PutOptions,
  ): Promise<number>
  /** Deletes a node; no error when it is absent, unless a version is expected. */
  delete(kind: DocumentKind, name: string, options?: PutOptions): Promise<void>
  /** Creates the container nodes with their placeholder text (console.md §9.3, initZkPath). Idempotent. */
  createContainers(): Promise<void>
  /** Nodes that are broken now, among those this process watches. */
  problems(): readonly RegistryProblem[]
}
