import { isDeepStrictEqual } from 'node:util'
import { DdmqError, describeError } from '@ddmq/common/errors'
import type { Logger } from '@ddmq/common/log'
import { type PutOptions, type Registry, VersionConflictError, type Versioned } from '@ddmq/common/registry'
import { type Wanted, type WantedDocument, wantedDocument } from '../core/documents/compile.ts'
import { allDocuments, inOrder, keyOf } from '../core/documents/touched.ts'
import type { MetadataStore, PublicationState, TouchedDocument } from '../core/ports.ts'
import { RowsUnusableError } from '../errors.ts'
import type { ConsoleMetrics } from '../metrics.ts'

export interface RoundDeps {
  readonly registry: Registry
  readonly metrics: Pick<ConsoleMetrics, 'documentsPublished'>
  readonly log: Logger
}

/**
 * One by one, the nodes of a large tree would keep the connection of the lock idle for longer than the database lets
 * it be (MySQL's `wait_timeout`).
 */
const READ_AT_ONCE = 64

/** A document that cannot be published as its rows are. */
export interface DocumentProblem {
  readonly path: string
  readonly reason: string
  /** Its newest mark that the round saw: the latest change that the reason counts for. */
  readonly mark: number | undefined
}

export interface RoundResult {
  readonly problems: readonly DocumentProblem[]
  /** Documents that somebody else wrote meanwhile; the next round looks at them again. */
  readonly conflicts: number
  /** Documents that are still marked. */
  readonly pending: number
  /** Paths of the documents that are as the rows are. */
  readonly settled: ReadonlySet<string>
}

/** `marked`: what changes have touched. `everything`: the whole tree against all rows. */
export type RoundKind = 'marked' | 'everything'

/**
 * Makes documents equal to the rows.
 *
 * P1 A document is a function of the rows; publishing twice changes nothing the second time, not even a version.
 * P2 The mark of a change is removed only after its document was found equal to, or written from, rows that hold the
 *    change. So wherever a console stops, the next round of any console goes on.
 * P3 Nodes that no row stands for are never added, and only deleted where the row was deleted.
 * P4 A node is written only over the version that was read before the rows were. So rows of an earlier moment never
 *    replace those of a later one, even where two consoles publish at the same time. (A node that was absent has no
 *    version: one that came and went meanwhile may come back, until the next comparison of everything.)
 * P5 A document that cannot be made or written holds up no other one. A tree that cannot be reached ends the round.
 */
export async function publishRound(
  deps: RoundDeps,
  store: MetadataStore,
  kind: RoundKind,
): Promise<RoundResult> {
  const documents = inOrder(await candidates(store, kind))
  const nodes = new Map<string, TreeNode>()
  for (let next = 0; next < documents.length; next += READ_AT_ONCE) {
    const group = documents.slice(next, next + READ_AT_ONCE)
    await Promise.all(group.map(async each => nodes.set(keyOf(each), await readNode(deps, each))))
  }
  const state = await store.publicationState()
  const round = new Round(deps, state, nodes)
  try {
    for (const document of documents) await round.publish(document)
  } finally {
    await store.removeMarks(round.settledMarks())
  }
  return round.result()
}

async function candidates(store: MetadataStore, kind: RoundKind): Promise<readonly TouchedDocument[]> {
  if (kind === 'marked') return store.marks()
  const { inventory, withdrawn, marks } = await store.publicationState()
  return [...allDocuments(inventory), ...withdrawn, ...marks]
}

/** `unreadable` differs from every document and has no version that a write could name. */
type TreeNode = Versioned<unknown> | 'absent' | 'unreadable'

async function readNode({ registry, log }: RoundDeps, { kind, name }: TouchedDocument): Promise<TreeNode> {
  try {
    return (await registry.get(kind, name)) ?? 'absent'
  } catch (thrown) {
    if (!isAboutOneDocument(thrown)) throw thrown
    log.warn({ kind, node: name, reason: describeError(thrown) }, 'replacing an unreadable document')
    return 'unreadable'
  }
}

class Round {
  readonly #deps: RoundDeps
  readonly #state: PublicationState
  readonly #nodes: ReadonlyMap<string, TreeNode>
  readonly #withdrawn: ReadonlySet<string>
  readonly #newestMarks: ReadonlyMap<string, number>
  readonly #settled = new Set<string>()
  readonly #problems: DocumentProblem[] = []
  #conflicts = 0

  constructor(deps: RoundDeps, state: PublicationState, nodes: ReadonlyMap<string, TreeNode>) {
    this.#deps = deps
    this.#state = state
    this.#nodes = nodes
    this.#withdrawn = new Set(state.withdrawn.map(keyOf))
    // In the order of the changes, so the last one of a document stays.
    this.#newestMarks = new Map(state.marks.map(mark => [keyOf(mark), mark.id]))
  }

  async publish(document: TouchedDocument): Promise<void> {
    const path = keyOf(document)
    try {
      await this.#bringInLine(document, this.#nodes.get(path) ?? 'absent')
      this.#settled.add(path)
    } catch (thrown) {
      if (isConflict(thrown)) this.#conflicts += 1
      else if (isAboutOneDocument(thrown)) this.#problems.push(this.#problemOf(path, thrown))
      else throw thrown
    }
  }

  settledMarks(): readonly number[] {
    return this.#state.marks.filter(mark => this.#settled.has(keyOf(mark))).map(mark => mark.id)
  }

  result(): RoundResult {
    const pending = new Set(this.#state.marks.map(keyOf).filter(path => !this.#settled.has(path)))
    return {
      problems: this.#problems,
      conflicts: this.#conflicts,
      pending: pending.size,
      settled: this.#settled,
    }
  }

  #problemOf(path: string, thrown: unknown): DocumentProblem {
    return { path, reason: describeError(thrown), mark: this.#newestMarks.get(path) }
  }

  async #bringInLine(document: TouchedDocument, node: TreeNode): Promise<void> {
    const { kind, name } = document
    const wanted = this.#wanted(document)
    if (wanted === 'leave') return
    if (wanted === 'absent') {
      if (node === 'absent') return
      await this.#deps.registry.delete(kind, name, expectedVersion(node))
    } else {
      if (typeof node === 'object' && isDeepStrictEqual(node.value, wanted.document)) return
      await this.#put(name, wanted, node)
    }
    this.#deps.metrics.documentsPublished.inc({ kind })
  }

  async #put(name: string, wanted: WantedDocument, node: TreeNode): Promise<void> {
    const { registry } = this.#deps
    try {
      await registry.put(wanted.kind, name, wanted.document, expectedVersion(node))
    } catch (thrown) {
      // A node that holds a placeholder has a version, but no document to read it with.
      const isPlaceholder =
        isConflict(thrown) && node === 'absent' && (await registry.get(wanted.kind, name)) === undefined
      if (!isPlaceholder) throw thrown
      await registry.put(wanted.kind, name, wanted.document)
    }
  }

  /** Rows that make no document are the problem of this document, whatever is thrown. */
  #wanted(document: TouchedDocument): Wanted {
    try {
      return wantedDocument(this.#state.inventory, document, this.#withdrawn.has(keyOf(document)))
    } catch (cause) {
      throw new RowsUnusableError(`the rows make no document: ${describeError(cause)}`, { cause })
    }
  }
}

function expectedVersion(node: TreeNode): PutOptions {
  if (node === 'unreadable') return {}
  return { expectedVersion: node === 'absent' ? -1 : node.version }
}

function isConflict(thrown: unknown): boolean {
  return thrown instanceof VersionConflictError
}

/** Anything else is about the tree as a whole, and later documents would meet it, too. */
function isAboutOneDocument(thrown: unknown): boolean {
  return thrown instanceof DdmqError && !thrown.retryable && thrown.httpStatus !== 503
}
