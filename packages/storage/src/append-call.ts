/** Hot path: one per call of `append` and one per append in it. */
import { type DeadlineWatch, Expiring } from './deadline-watch.ts'
import type { AppendOutcome } from './port/cluster.ts'

/** A call of `append`: answered once, when all of its appends have an outcome or at its deadline. */
export class AppendCall extends Expiring {
  readonly #outcomes: AppendOutcome[]
  readonly #jobs: { expire(): void }[] = []
  readonly #watch: DeadlineWatch
  readonly #resolve: (outcomes: readonly AppendOutcome[]) => void
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => this.expire()
  #open: number

  constructor(
    count: number,
    deadline: {
      readonly dueMs: number
      readonly watch: DeadlineWatch
      readonly signal: AbortSignal | undefined
    },
    resolve: (outcomes: readonly AppendOutcome[]) => void,
  ) {
    super(deadline.dueMs)
    this.#watch = deadline.watch
    this.#outcomes = Array.from({ length: count })
    this.#open = count
    this.#resolve = resolve
    this.#signal = deadline.signal
    this.#watch.add(this)
    this.#signal?.addEventListener('abort', this.#onAbort)
  }

  add(job: { expire(): void }): void {
    this.#jobs.push(job)
  }

  /** The first outcome of an append stands. */
  settle(index: number, outcome: AppendOutcome): void {
    if (this.#outcomes[index] !== undefined) return
    this.#outcomes[index] = outcome
    this.#open--
    if (this.#open > 0) return
    this.#watch.delete(this)
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#resolve(this.#outcomes)
  }

  expire(): void {
    for (const job of this.#jobs) job.expire()
  }
}
