import { setTimeout as delay } from 'node:timers/promises'
import type { Health } from '../../lifecycle/index.ts'
import type { Logger } from '../../log/index.ts'
import type { MetricsRegistry } from '../../metrics/index.ts'
import { RegistryClosedError, RegistryUnavailableError } from '../errors.ts'
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
import { refuseInsideOwnListener } from '../watched-node.ts'
import { below } from './connect-string.ts'
import { ZooKeeperConnection } from './connection.ts'
import { DocumentCache } from './document-cache.ts'
import { FollowedNodes } from './followed-nodes.ts'
import { checkNodeName } from './node-path.ts'
import type { StoredNode } from './protocol.ts'
import type { ZooKeeperSettings } from './settings.ts'
import { ZooKeeperTree } from './tree.ts'
import { createZooKeeperMetrics } from './zookeeper-metrics.ts'

export interface ZooKeeperRegistryOptions {
  readonly settings: ZooKeeperSettings
  readonly log: Logger
  readonly metrics?: MetricsRegistry
}

/**
 * The config tree in ZooKeeper (common-monitor-deploy.md §2, §5): the original's paths and texts, shared with its processes.
 *
 * R1 Reads, writes and deliveries of one node follow each other; a listener never sees an older state after a newer one.
 * R2 After every reconnect each watched node is watched anew and compared by the transaction that wrote it last; what
 *    changed meanwhile is delivered. Nothing relies on a watch that survived.
 * R3 Started without ZooKeeper, watched documents come from the last-good cache, and `health` says so until it is back.
 * R4 A write that resolved is committed by a majority of the servers.
 */
export class ZooKeeperRegistry implements Registry {
  readonly name = 'registry'
  readonly #settings: ZooKeeperSettings
  readonly #log: Logger
  readonly #connection: ZooKeeperConnection
  readonly #tree: ZooKeeperTree
  readonly #cache: DocumentCache | undefined
  readonly #queue = new KeyedQueue()
  readonly #nodes: FollowedNodes
  #isOpen = false

  constructor({ settings, log, metrics }: ZooKeeperRegistryOptions) {
    this.#settings = settings
    this.#log = log
    const zookeeperMetrics =
      metrics === undefined ? undefined : createZooKeeperMetrics(metrics, () => this.#nodes.cachedCount)
    const documentMetrics: RegistryMetrics | undefined =
      metrics === undefined ? undefined : createRegistryMetrics(metrics)
    this.#connection = new ZooKeeperConnection({
      settings,
      log,
      metrics: zookeeperMetrics,
      onChange: path => this.#nodes.changed(path),
      onSession: session => void this.#nodes.repair(session),
    })
    const { target } = this.#connection
    this.#tree = new ZooKeeperTree({
      connection: this.#connection,
      acl: settings.acl,
      maxNodeBytes: settings.maxNodeBytes,
    })
    if (settings.cacheDir !== undefined) this.#cache = new DocumentCache(settings.cacheDir, target, log)
    this.#nodes = new FollowedNodes({
      tree: this.#tree,
      root: target.root,
      queue: this.#queue,
      cache: this.#cache,
      log,
      documentMetrics,
    })
  }

  /** Resolves when there is a session, or when ZooKeeper is away and the last-good cache holds something. */
  async start(abort: AbortSignal = new AbortController().signal): Promise<void> {
    this.#connection.open()
    try {
      await this.#firstContact(abort)
      this.#isOpen = true
    } catch (thrown) {
      await this.#connection.close()
      throw thrown
    }
  }

  /** Waits, until the deadline, for what was asked for. */
  async stop(deadline?: AbortSignal): Promise<void> {
    this.#isOpen = false
    const over = deadline === undefined ? undefined : aborted(deadline)
    await Promise.race([this.#queue.idle(), ...(over === undefined ? [] : [over])])
    await this.#connection.close()
    await this.#cache?.idle()
  }

  /** Ready without ZooKeeper too: what is in force goes on. */
  health(): Health {
    if (!this.#isOpen) return { ok: false, reason: this.#connection.describeAway() }
    const { away } = this.#connection
    if (away === undefined) return { ok: true }
    const seconds = Math.round((performance.now() - away.sinceMs) / 1000)
    const { cachedCount } = this.#nodes
    const cached = cachedCount === 0 ? '' : `; ${cachedCount} documents come from the last-good cache`
    return { ok: true, degraded: `${this.#connection.describeAway()} (for ${seconds} s)${cached}` }
  }

  async get<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
  ): Promise<Versioned<Documents[Kind]> | undefined> {
    const stored = await this.#tree.read(this.#pathOf(kind, name))
    if (stored === undefined) return undefined
    const text = stored.data.toString()
    if (isPlaceholder(text)) return undefined
    return { value: parseDocument(kind, name, text), version: stored.stat.version }
  }

  async list(kind: DocumentKind): Promise<readonly string[]> {
    this.#checkOpen()
    return this.#tree.children(below(this.#connection.target.root, `${CONFIG_ROOT}/${kind}`))
  }

  async watch<Kind extends DocumentKind>(
    kind: Kind,
    name: string,
    listener: DocumentListener<Documents[Kind]>,
  ): Promise<Watch> {
    return this.#serially(kind, name, () => this.#nodes.watch(kind, name, listener))
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
    return this.#serially(kind, name, async path => {
      const { version, mzxid } = await this.#tree.write(path, Buffer.from(text), options.expectedVersion)
      await this.#nodes.written(kind, name, { text, version, mzxid })
      return version
    })
  }

  async delete(kind: DocumentKind, name: string, options: PutOptions = {}): Promise<void> {
    return this.#serially(kind, name, async path => {
      await this.#tree.remove(path, options.expectedVersion)
      await this.#nodes.written(kind, name, undefined)
    })
  }

  async createContainers(): Promise<void> {
    this.#checkOpen()
    for (const container of CONTAINER_PATHS) {
      const path = below(this.#connection.target.root, container)
      const there: StoredNode | undefined = await this.#tree.read(path)
      if (there?.data.toString() !== CONTAINER_TEXT) await this.#tree.write(path, Buffer.from(CONTAINER_TEXT))
    }
  }

  problems(): readonly RegistryProblem[] {
    return this.#nodes.problems()
  }

  async #firstContact(abort: AbortSignal): Promise<void> {
    const { startTimeoutMs } = this.#settings
    const over = new AbortController()
    const stopped = aborted(AbortSignal.any([abort, over.signal]))
    try {
      if (await Promise.race([this.#connection.firstAttempt(), stopped.then(() => false)])) return
      abort.throwIfAborted()
      if (this.#cache !== undefined && !(await this.#cache.isEmpty())) {
        this.#log.warn(
          { reason: this.#connection.describeAway() },
          'started without ZooKeeper, on the documents of the last-good cache',
        )
        return
      }
      const timeUp = delay(startTimeoutMs, false, { signal: over.signal }).catch(() => false)
      const isConnected = await Promise.race([
        this.#connection.connected(),
        timeUp,
        stopped.then(() => false),
      ])
      abort.throwIfAborted()
      if (!isConnected) throw new RegistryUnavailableError(this.#connection.describeAway())
    } finally {
      over.abort()
    }
  }

  #pathOf(kind: DocumentKind, name: string): string {
    this.#checkOpen()
    const path = nodePath(kind, name)
    checkNodeName(name)
    return below(this.#connection.target.root, path)
  }

  async #serially<Result>(
    kind: DocumentKind,
    name: string,
    job: (path: string) => Promise<Result>,
  ): Promise<Result> {
    const path = this.#pathOf(kind, name)
    refuseInsideOwnListener(nodePath(kind, name))
    return this.#queue.run(path, () => job(path))
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new RegistryClosedError('the registry is not running')
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}
