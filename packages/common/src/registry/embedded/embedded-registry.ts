import type { Logger } from '../../log/index.ts'
import type { MetricsRegistry } from '../../metrics/index.ts'
import { DocumentInvalidError, RegistryClosedError, VersionConflictError } from '../errors.ts'
import { KeyedQueue } from '../keyed-queue.ts'
import { checkDocument, checkOwnName, parseDocument } from '../parse-document.ts'
import { CONFIG_ROOT, CONTAINER_PATHS, CONTAINER_TEXT, isPlaceholder, nodePath } from '../paths.ts'
import type {
  DocumentKind,
  DocumentListener,
  Documents,
  PutOptions,
  Registry,
  RegistryProblem,
  Versioned,
  Watch,
} from '../registry.ts'
import { createRegistryMetrics, type RegistryMetrics } from '../registry-metrics.ts'
import { serializeDocument } from '../serialize-document.ts'
import { refuseInsideOwnListener, WatchedNode } from '../watched-node.ts'
import { NodeFileBrokenError, NodeFiles, type StoredNode } from './node-files.ts'

export interface EmbeddedRegistryOptions {
  /** Folder of the tree; this process is the only one that writes it. */
  readonly dir: string
  readonly log: Logger
  readonly metrics?: MetricsRegistry
}

type NodesByKind = { readonly [Kind in DocumentKind]: Map<string, WatchedNode<Documents[Kind]>> }

/**
 * The config tree as plain files of one process (architecture §8).
 *
 * E1 A `put` that resolved survives kill −9 and power loss; one that did not changed all or nothing.
 * E2 Writes, deletes and deliveries of one node happen one after the other, so no listener sees an older version after a
 *    newer one (CM-17); `put` resolves after every listener has applied the document.
 * E3 Only documents that pass their schema and rules are written or delivered.
 *
 * A listener may write other nodes, but not wait for a write of its own: that is refused with
 * `REGISTRY_REENTRANT_WRITE`. Two listeners that each wait for a write of the other's node would wait for ever; let
 * writes go in one direction. That only one process uses the folder is for the lock of the data folder to ensure.
 */
export class EmbeddedRegistry implements Registry {
  readonly name = 'registry'
  readonly #log: Logger
  readonly #metrics: RegistryMetrics | undefined
  readonly #files: NodeFiles
  readonly #queue = new KeyedQueue()
  readonly #nodes: NodesByKind = {
    topic: new Map(),
    group: new Map(),
    pproxy: new Map(),
    cproxy: new Map(),
    broker: new Map(),
  }
  #open = false

  constructor({ dir, log, metrics }: EmbeddedRegistryOptions) {
    this.#log = log
    this.#metrics = metrics === undefined ? undefined : createRegistryMetrics(metrics)
    this.#files = new NodeFiles(dir)
  }

  async start(): Promise<void> {
    await this.#files.clean()
    this.#open = true
  }

  /** Waits for the writes that were asked for. */
  async stop(): Promise<void> {
    this.#open = false
    await this.#queue.idle()
  }

  async get<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
  ): Promise<Versioned<Documents[Kind]> | undefined> {
    this.#checkOpen()
    nodePath(kind, name)
    return this.#read(kind, name)
  }

  async list(kind: DocumentKind): Promise<readonly string[]> {
    this.#checkOpen()
    return this.#files.names(kind)
  }

  async watch<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
    listener: DocumentListener<Documents[Kind]>,
  ): Promise<Watch> {
    return this.#serially(kind, name, async () => {
      const node = this.#node(kind, name)
      const current = await this.#read(kind, name).catch(documentInvalid)
      return current instanceof DocumentInvalidError
        ? node.addRejected(listener, current.message)
        : node.add(listener, current)
    })
  }

  async put<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
    document: Documents[Kind],
    options: PutOptions = {},
  ): Promise<number> {
    const checked = checkDocument(kind, name, document)
    checkOwnName(kind, name, checked)
    const text = serializeDocument(kind, checked)
    return this.#serially(kind, name, async () => {
      const version = (await this.#versionForWrite(kind, name, options.expectedVersion)) + 1
      await this.#files.write(kind, name, { version, text })
      // Listeners get what a later read gives, not the caller's object.
      await this.#nodes[kind].get(name)?.deliver({ value: parseDocument(kind, name, text), version })
      return version
    })
  }

  async delete(kind: DocumentKind, name: string, options: PutOptions = {}): Promise<void> {
    return this.#serially(kind, name, async () => {
      if (options.expectedVersion !== undefined) {
        await this.#versionForWrite(kind, name, options.expectedVersion)
      }
      await this.#files.remove(kind, name)
      await this.#nodes[kind].get(name)?.deliver(undefined)
    })
  }

  async createContainers(): Promise<void> {
    this.#checkOpen()
    for (const path of CONTAINER_PATHS) {
      await this.#files.createContainer(path.slice(CONFIG_ROOT.length + 1), CONTAINER_TEXT)
    }
  }

  problems(): readonly RegistryProblem[] {
    return Object.values(this.#nodes).flatMap(nodes =>
      [...nodes.values()].filter(node => node.isWatched).flatMap(node => node.problems()),
    )
  }

  /** The version a write replaces, −1 for none. A broken file is replaced unless the caller insists on a version. */
  async #versionForWrite(kind: DocumentKind, name: string, expected: number | undefined): Promise<number> {
    const known = this.#nodes[kind].get(name)?.lastGood?.version ?? -1
    const current = await this.#stored(kind, name).then(
      stored => stored?.version ?? -1,
      (thrown: unknown) => {
        if (expected === undefined && thrown instanceof DocumentInvalidError) return known
        throw thrown
      },
    )
    if (expected === undefined || expected === current) return current
    throw new VersionConflictError(
      `${nodePath(kind, name)} is at version ${current}, not at the expected ${expected}`,
      { details: { kind, name, current, expected } },
    )
  }

  async #read<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
  ): Promise<Versioned<Documents[Kind]> | undefined> {
    const stored = await this.#stored(kind, name)
    if (stored === undefined || isPlaceholder(stored.text)) return undefined
    try {
      return { value: parseDocument(kind, name, stored.text), version: stored.version }
    } catch (thrown) {
      if (thrown instanceof DocumentInvalidError) this.#nodes[kind].get(name)?.reject(thrown.message)
      throw thrown
    }
  }

  async #stored(kind: DocumentKind, name: string): Promise<StoredNode | undefined> {
    try {
      return await this.#files.read(kind, name)
    } catch (cause) {
      if (!(cause instanceof NodeFileBrokenError)) throw cause
      const message = `${nodePath(kind, name)} is broken on disk: ${cause.message}`
      this.#nodes[kind].get(name)?.reject(message)
      throw new DocumentInvalidError(message, { cause })
    }
  }

  #node<Kind extends DocumentKind>(kind: Kind, name: string): WatchedNode<Documents[Kind]> {
    const nodes: Map<string, WatchedNode<Documents[Kind]>> = this.#nodes[kind]
    const node =
      nodes.get(name) ??
      new WatchedNode<Documents[Kind]>({
        kind,
        path: nodePath(kind, name),
        log: this.#log,
        metrics: this.#metrics,
      })
    nodes.set(name, node)
    return node
  }

  async #serially<Result>(kind: DocumentKind, name: string, job: () => Promise<Result>): Promise<Result> {
    this.#checkOpen()
    const path = nodePath(kind, name)
    refuseInsideOwnListener(path)
    return this.#queue.run(path, job)
  }

  #checkOpen(): void {
    if (!this.#open) throw new RegistryClosedError('the registry is not running')
  }
}

/** Lets an unusable document be an outcome; everything else stays an error. */
function documentInvalid(thrown: unknown): DocumentInvalidError {
  if (thrown instanceof DocumentInvalidError) return thrown
  throw thrown
}
