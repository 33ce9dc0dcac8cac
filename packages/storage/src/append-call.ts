/** Hot path: one per call of `append` and one per append in it. */
import { type DeadlineWatch, Expiring } from './deadline-watch.ts'
import type { AppendOutcome } from './port/cluster.ts'

/** One append of a call that is under way. */
export interface CallJob {
  expire(): void
  /** The one that was added before it; the call's. */
  before: CallJob | undefined
}

/** A call of `append`: answered once, when all of its appends have an outcome or at its deadline. */
export class AppendCall extends Expiring {
  readonly #watch: DeadlineWatch
  readonly #resolve: (outcomes: readonly AppendOutcome[]) => void
  /** Undefined for one append, as most calls have: a list that waits for one outcome costs as much as all the rest. */
  readonly #outcomes: AppendOutcome[] | undefined
  #lastJob: CallJob | undefined
  #open: number
  #stopListening: (() => void) | undefined

  constructor(
    count: number,
    dueMs: number,
    watch: DeadlineWatch,
    resolve: (outcomes: readonly AppendOutcome[]) => void,
  ) {
    super(dueMs)
    this.#watch = watch
    this.#outcomes = count === 1 ? undefined : []
    this.#open = count
    this.#resolve = resolve
    watch.add(this)
  }

  /** It is over when the signal says so. Call it last: the signal may have said so, and all may be refused by then. */
  expireOn(signal: AbortSignal): void {
    if (this.#open === 0) return
    if (signal.aborted) return this.expire()
    const onAbort = (): void => this.expire()
    signal.addEventListener('abort', onAbort)
    this.#stopListening = () => signal.removeEventListener('abort', onAbort)
  }

  add(job: CallJob): void {
    job.before = this.#lastJob
    this.#lastJob = job
  }

  /** The first outcome of an append stands. */
  settle(index: number, outcome: AppendOutcome): void {
    if (this.#open === 0 || this.#outcomes?.[index] !== undefined) return
    if (this.#outcomes !== undefined) this.#outcomes[index] = outcome
    this.#open--
    if (this.#open > 0) return
    this.#watch.delete(this)
    this.#stopListening?.()
    this.#resolve(this.#outcomes ?? [outcome])
  }

  expire(): void {
    for (let job = this.#lastJob; job !== undefined; job = job.before) job.expire()
  }
}
