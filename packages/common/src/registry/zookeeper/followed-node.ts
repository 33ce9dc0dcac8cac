import { describeError } from '../../errors/index.ts'
import { DocumentInvalidError } from '../errors.ts'
import { parseDocument } from '../parse-document.ts'
import { isPlaceholder } from '../paths.ts'
import type {
  DocumentKind,
  DocumentListener,
  Documents,
  RegistryProblem,
  Versioned,
  Watch,
} from '../registry.ts'
import { WatchedNode, type WatchedNodeOptions } from '../watched-node.ts'
import type { CachedNode, DocumentCache } from './document-cache.ts'

/** The `mzxid` of a node that is absent; no transaction has it. */
export const ABSENT = 0

/** The text of a node with the transaction that wrote it. */
export interface ReadNode {
  readonly text: string
  readonly version: number
  readonly mzxid: number
}

export interface FollowedNodeOptions<Kind extends DocumentKind> extends WatchedNodeOptions {
  readonly kind: Kind
  readonly name: string
  readonly cache: DocumentCache | undefined
}

/**
 * A watched node and which of its states is in force. The caller serialises `take`, `takeCached` and `add`.
 *
 * N1 A state that was taken already, or is older than one that was, changes nothing: missed and doubled watches, repairs and
 *    our own writes may all come to the same `take`.
 * N2 What was delivered is kept in the cache; what was rejected is not.
 * N3 While nothing better is known, the last good document of an earlier run is in force instead of one that is rejected.
 */
export class FollowedNode<Kind extends DocumentKind> {
  readonly kind: Kind
  readonly name: string
  readonly #options: FollowedNodeOptions<Kind>
  readonly #watched: WatchedNode<Documents[Kind]>
  #mzxid: number | undefined
  #rejection: string | undefined
  #isDelivered = false
  /** Set while what is in force comes from the cache: ids of transactions say nothing then, the tree may have been made anew. */
  #cached: CachedNode | undefined

  constructor(options: FollowedNodeOptions<Kind>) {
    this.kind = options.kind
    this.name = options.name
    this.#options = options
    this.#watched = new WatchedNode(options)
  }

  get isWatched(): boolean {
    return this.#watched.isWatched
  }

  /** In force, but not confirmed by ZooKeeper since this process started. */
  get isFromCache(): boolean {
    return this.#cached !== undefined
  }

  /** Whether any state of it is known to this process. */
  get isKnown(): boolean {
    return this.#mzxid !== undefined
  }

  /** Whether that transaction's state is taken already, so that there is nothing to read. */
  isAt(mzxid: number): boolean {
    return this.#cached === undefined && mzxid === this.#mzxid
  }

  async take(read: ReadNode | undefined): Promise<void> {
    const mzxid = read?.mzxid ?? ABSENT
    if (this.isAt(mzxid) || this.#isOutdated(read)) return
    const isFirst = this.#mzxid === undefined
    const isConfirmed = this.#cached !== undefined && this.#isCached(read)
    this.#mzxid = mzxid
    this.#cached = undefined
    const current = this.#interpret(read)
    if (current instanceof DocumentInvalidError) return this.#rejected(current.message, isFirst)
    this.#keep(mzxid, current === undefined ? undefined : read)
    if (!isConfirmed) await this.#deliver(current)
  }

  /** False when the cached document cannot be used by this version of the software. */
  async takeCached(cached: CachedNode): Promise<boolean> {
    const { text, version, mzxid } = cached
    const current = this.#interpret(text === undefined ? undefined : { text, version, mzxid })
    if (current instanceof DocumentInvalidError) return false
    this.#mzxid = mzxid
    this.#cached = cached
    await this.#deliver(current)
    return true
  }

  /** The node cannot be read. */
  refuse(reason: unknown): void {
    this.#mzxid = undefined
    this.#rejection = describeError(reason)
    this.#watched.reject(this.#rejection)
  }

  add(listener: DocumentListener<Documents[Kind]>): Promise<Watch> {
    return this.#rejection === undefined
      ? this.#watched.add(listener, this.#watched.lastGood)
      : this.#watched.addRejected(listener, this.#rejection)
  }

  problems(): readonly RegistryProblem[] {
    return this.#watched.problems()
  }

  #isOutdated(read: ReadNode | undefined): boolean {
    return this.#cached === undefined && read !== undefined && read.mzxid < (this.#mzxid ?? ABSENT)
  }

  #isCached(read: ReadNode | undefined): boolean {
    return this.#cached?.text === read?.text && (read === undefined || this.#cached?.version === read.version)
  }

  #keep(mzxid: number, read: ReadNode | undefined): void {
    const state = { mzxid, version: read?.version ?? -1, savedAtMs: Date.now(), text: read?.text }
    this.#options.cache?.save(this.kind, this.name, state)
  }

  async #deliver(current: Versioned<Documents[Kind]> | undefined): Promise<void> {
    const isAbsentAgain = current === undefined && this.#isDelivered && this.#watched.lastGood === undefined
    const wasRejected = this.#rejection !== undefined
    this.#rejection = undefined
    this.#isDelivered = true
    if (!isAbsentAgain || wasRejected) await this.#watched.deliver(current)
  }

  async #rejected(reason: string, isFirst: boolean): Promise<void> {
    if (isFirst) {
      const cached = await this.#options.cache?.load(this.kind, this.name)
      const inForce =
        cached?.text === undefined ? undefined : this.#interpret({ ...cached, text: cached.text })
      if (inForce !== undefined && !(inForce instanceof DocumentInvalidError)) await this.#deliver(inForce)
    }
    this.#rejection = reason
    this.#watched.reject(reason)
  }

  #interpret(read: ReadNode | undefined): Versioned<Documents[Kind]> | DocumentInvalidError | undefined {
    if (read === undefined || isPlaceholder(read.text)) return undefined
    try {
      return { value: parseDocument(this.kind, this.name, read.text), version: read.version }
    } catch (thrown) {
      if (thrown instanceof DocumentInvalidError) return thrown
      throw thrown
    }
  }
}
