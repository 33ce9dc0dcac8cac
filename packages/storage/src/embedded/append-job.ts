/** Hot path: one per append. */
import type { AppendCall, CallJob } from '../append-call.ts'
import { StorageError } from '../errors.ts'
import type { CheckedAppend } from './embedded-transactor.ts'
import type { WriteJob } from './group-commit.ts'
import type { Staging } from './staging.ts'

/** The records of one append on their way into a batch. */
export class AppendJob implements WriteJob, CallJob {
  before: CallJob | undefined = undefined
  withdrawn = false
  staged = false
  readonly #call: AppendCall
  readonly #index: number
  readonly #append: CheckedAppend
  readonly #release: (bytes: number) => void
  #baseOffset = 0
  #isReleased = false

  constructor(call: AppendCall, index: number, append: CheckedAppend, release: (bytes: number) => void) {
    this.#call = call
    this.#index = index
    this.#append = append
    this.#release = release
  }

  get tableAppends(): WriteJob['tableAppends'] {
    return this.#append.log.topic.compacted ? [this.#append] : undefined
  }

  stage(staging: Staging): void {
    const { log, records, bytes } = this.#append
    if (log.topic.deleted) throw new StorageError('unknownTopic', `topic ${log.topic.name} was deleted`)
    this.#baseOffset = staging.append(log, records, bytes)
  }

  committed(): void {
    this.#giveBack()
    this.#call.settle(this.#index, { baseOffset: this.#baseOffset })
  }

  failed(error: StorageError): void {
    this.#giveBack()
    this.#call.settle(this.#index, { error })
  }

  expire(): void {
    if (this.staged) {
      this.#call.settle(this.#index, {
        error: new StorageError('outcomeUnknown', 'not written by the deadline'),
      })
      return
    }
    this.withdrawn = true
    this.#giveBack()
    this.#call.settle(this.#index, { error: new StorageError('retriable', 'withdrawn at the deadline') })
  }

  /** Once: a call expires as a whole, also those of its jobs that were refused before. */
  #giveBack(): void {
    if (this.#isReleased) return
    this.#isReleased = true
    this.#release(this.#append.bytes)
  }
}
