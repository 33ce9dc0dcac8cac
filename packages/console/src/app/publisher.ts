import type { Clock } from '@ddmq/common/clock'
import { describeError } from '@ddmq/common/errors'
import type { Component, Health } from '@ddmq/common/lifecycle'
import type { Logger } from '@ddmq/common/log'
import type { Registry } from '@ddmq/common/registry'
import { keyOf } from '../core/documents/touched.ts'
import type { MetadataStore } from '../core/ports.ts'
import { SerialQueue } from '../core/serial-queue.ts'
import { NotPublishedError } from '../errors.ts'
import type { ConsoleMetrics } from '../metrics.ts'
import { type DocumentProblem, publishRound, type RoundKind, type RoundResult } from './publish-round.ts'

/** How often marks are looked for that another console left behind. */
const POLL_MS = 2_000
const LONGEST_PAUSE_MS = 30_000
/** Rounds that follow each other because somebody else wrote to the tree, before there is a pause. */
const MAX_CONFLICTS = 3

export interface PublisherDeps {
  readonly store: MetadataStore
  readonly registry: Registry
  readonly metrics: ConsoleMetrics
  readonly clock: Clock
  readonly log: Logger
  readonly reconcileMs: number
  readonly waitMs: number
}

export interface PublicationStatus {
  /** Documents that are stored and not yet in the tree. */
  readonly pending: number
  readonly problems: readonly DocumentProblem[]
  /** Why the last round did not come to its end. */
  readonly failure: string | undefined
}

/**
 * Keeps the config tree equal to the database (ADR 0010): every change at once, what a console left behind when it
 * stopped or what was changed behind the database's back a little later. Only one console publishes at a time; see
 * `publishRound` for why nothing depends on that.
 */
export class Publisher implements Component {
  readonly name = 'console publisher'
  readonly #deps: PublisherDeps
  readonly #queue = new SerialQueue()
  readonly #stopping = new AbortController()
  /** Of the last comparison that came to its end. */
  #reconciledMs = Number.NEGATIVE_INFINITY
  #next: Promise<void> | undefined
  #loop: Promise<void> = Promise.resolve()
  #status: PublicationStatus = { pending: 0, problems: [], failure: undefined }

  constructor(deps: PublisherDeps) {
    this.#deps = deps
  }

  start(): Promise<void> {
    this.#loop = this.#work()
    return Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
    await this.#queue.run(() => Promise.resolve())
  }

  /** Changes are taken all the same, so the console stays ready. */
  health(): Health {
    const { failure, pending } = this.#status
    if (failure === undefined) return { ok: true }
    return { ok: true, degraded: `nothing is published, ${pending} documents wait: ${failure}` }
  }

  get status(): PublicationStatus {
    return this.#status
  }

  /** The container nodes with their placeholder (console.md §9.3, initZkPath). */
  createContainers(): Promise<void> {
    return this.#deps.registry.createContainers()
  }

  /**
   * Publishes what is marked; answers why something is not published, if so. `before` are the problems from before the
   * caller's change was stored: what they say of a document does not count for a later change of it. Gives up waiting
   * after `waitMs`; the work itself goes on.
   */
  async publish(before: readonly DocumentProblem[]): Promise<string | undefined> {
    if (await this.#isNothingMarked()) return undefined
    const known = new Map(before.map(({ path, mark }) => [path, mark]))
    const waited = new AbortController()
    const late = this.#deps.clock.sleep(this.#deps.waitMs, waited.signal).then(
      () => true,
      () => false,
    )
    // Callers that come while a round is under way share the one after it, which sees all of their changes.
    this.#next ??= this.#queue.run(() => {
      this.#next = undefined
      return this.#round('marked')
    })
    const isLate = await Promise.race([late, this.#next.then(() => false)])
    waited.abort()
    if (isLate) return this.#status.failure ?? `the config tree did not answer within ${this.#deps.waitMs} ms`
    const { failure, problems } = this.#status
    return failure ?? problems.find(({ path, mark }) => !known.has(path) || known.get(path) !== mark)?.reason
  }

  /** Compares the whole tree with the database and puts it right; rejects when that is not possible now. */
  async reconcile(): Promise<void> {
    await this.#queue.run(() => this.#round('everything'))
    const { failure } = this.#status
    if (failure !== undefined) throw new NotPublishedError(`the config tree is not up to date: ${failure}`)
  }

  async #work(): Promise<void> {
    const { clock, reconcileMs } = this.#deps
    for (let pauseMs = POLL_MS; !this.#stopping.signal.aborted; ) {
      try {
        await clock.sleep(pauseMs, this.#stopping.signal)
      } catch {
        return
      }
      const isDue = clock.monotonicMs() - this.#reconciledMs >= reconcileMs
      await this.#queue.run(() => this.#round(isDue ? 'everything' : 'marked'))
      const isStuck = this.#status.failure !== undefined || this.#status.pending > 0
      pauseMs = isStuck ? Math.min(pauseMs * 2, LONGEST_PAUSE_MS) : POLL_MS
    }
  }

  /** Never rejects: what goes wrong becomes the status. */
  async #round(kind: RoundKind): Promise<void> {
    const { store, registry, metrics, clock, log } = this.#deps
    try {
      if (kind === 'everything') await registry.createContainers()
      // Nothing marked says nothing about a tree that could not be reached before.
      const hasNothingToDo = kind === 'marked' && (await store.marks()).length === 0
      if (hasNothingToDo && this.#status.failure === undefined) {
        return this.#succeeded(0, this.#status.problems)
      }
      let result = await this.#oneRound(hasNothingToDo ? 'everything' : kind)
      for (let again = 1; result.conflicts > 0 && again < MAX_CONFLICTS; again++) {
        result = await this.#oneRound(kind)
      }
      this.#succeeded(result.pending, this.#problemsAfter(result))
      if (kind === 'everything') this.#reconciledMs = clock.monotonicMs()
    } catch (thrown) {
      const failure = describeError(thrown)
      metrics.publicationFailures.inc({ scope: 'tree' })
      if (failure !== this.#status.failure) log.error({ err: thrown }, `nothing is published: ${failure}`)
      this.#status = { ...this.#status, failure, pending: await this.#countPending() }
      metrics.documentsPending.set(this.#status.pending)
    }
  }

  #oneRound(kind: RoundKind): Promise<RoundResult> {
    return this.#deps.store.exclusively('publish', store => publishRound(this.#deps, store, kind))
  }

  #succeeded(pending: number, problems: readonly DocumentProblem[]): void {
    const { metrics, log } = this.#deps
    if (this.#status.failure !== undefined) log.info('publishing again')
    const known = new Set(this.#status.problems.map(({ path, reason }) => `${path} ${reason}`))
    for (const { path, reason } of problems) {
      if (!known.has(`${path} ${reason}`)) log.error({ path, reason }, 'a document cannot be published')
    }
    this.#status = { pending, problems, failure: undefined }
    metrics.documentsPending.set(pending)
  }

  /** Those of documents that this round did not look at stay. */
  #problemsAfter(result: RoundResult): readonly DocumentProblem[] {
    this.#deps.metrics.publicationFailures.inc({ scope: 'document' }, result.problems.length)
    const paths = new Set(result.problems.map(problem => problem.path))
    const others = this.#status.problems.filter(({ path }) => !paths.has(path) && !result.settled.has(path))
    return [...others, ...result.problems]
  }

  /** Of a database that does not answer it is not known. */
  #isNothingMarked(): Promise<boolean> {
    return this.#deps.store.marks().then(
      marks => marks.length === 0,
      () => false,
    )
  }

  async #countPending(): Promise<number> {
    try {
      return new Set((await this.#deps.store.marks()).map(keyOf)).size
    } catch {
      return this.#status.pending
    }
  }
}
