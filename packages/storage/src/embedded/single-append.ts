/** Hot path: one per call of `append` with one append, as most calls are. */
import { type DeadlineWatch, Expiring } from '../deadline-watch.ts'
import { StorageError } from '../errors.ts'
import type { AppendOutcome } from '../port/cluster.ts'
import type { LogRecord } from '../port/record.ts'
import type { CheckedAppend } from './embedded-transactor.ts'
import type { WriteJob } from './group-commit.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Staging } from './staging.ts'

/** A call and its only append in one object: what lives until the write has resolved is what the garbage collector moves. */
export class SingleAppend extends Expiring implements WriteJob {
  withdrawn = false
  staged = false
  readonly log: PartitionLog
  readonly records: readonly LogRecord[]
  readonly #bytes: number
  readonly #deps: SingleAppendDeps
  readonly #resolve: (outcomes: readonly AppendOutcome[]) => void
  #baseOffset = 0
  #isReleased = false
  #isAnswered = false
  #stopListening: (() => void) | undefined

  constructor(
    dueMs: number,
    { log, records, bytes }: CheckedAppend,
    deps: SingleAppendDeps,
    resolve: (outcomes: readonly AppendOutcome[]) => void,
  ) {
    super(dueMs)
    this.log = log
    this.records = records
    this.#bytes = bytes
    this.#deps = deps
    this.#resolve = resolve
    deps.watch.add(this)
  }

  get tableAppends(): WriteJob['tableAppends'] {
    return this.log.topic.compacted ? [this] : undefined
  }

  expireOn(signal: AbortSignal): void {
    if (this.#isAnswered) return
    if (signal.aborted) return this.expire()
    const onAbort = (): void => this.expire()
    signal.addEventListener('abort', onAbort)
    this.#stopListening = () => signal.removeEventListener('abort', onAbort)
  }

  stage(staging: Staging): void {
    const { topic } = this.log
    if (topic.deleted) throw new StorageError('unknownTopic', `topic ${topic.name} was deleted`)
    this.#baseOffset = staging.append(this.log, this.records, this.#bytes)
  }

  committed(): void {
    this.#giveBack()
    this.#answer({ baseOffset: this.#baseOffset })
  }

  failed(error: StorageError): void {
    this.#giveBack()
    this.#answer({ error })
  }

  expire(): void {
    if (this.staged) {
      this.#answer({ error: new StorageError('outcomeUnknown', 'not written by the deadline') })
      return
    }
    this.withdrawn = true
    this.#giveBack()
    this.#answer({ error: new StorageError('retriable', 'withdrawn at the deadline') })
  }

  #giveBack(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#deps.release(this.#bytes)
  }

  #answer(outcome: AppendOutcome): void {
    if (this.#isAnswered) return
    this.#isAnswered = true
    this.#deps.watch.delete(this)
    this.#stopListening?.()
    this.#resolve([outcome])
  }
}

export interface SingleAppendDeps {
  readonly watch: DeadlineWatch
  readonly release: (bytes: number) => void
}
