/** Hot path: one per append. */
import type { AppendCall } from '../append-call.ts'
import { StorageError } from '../errors.ts'
import type { LogRecord } from '../port/record.ts'
import type { WriteJob } from './group-commit.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Staging } from './staging.ts'

/** The records of one append on their way into a batch. */
export class AppendJob implements WriteJob {
  withdrawn = false
  staged = false
  readonly bytes: number
  readonly #call: AppendCall
  readonly #index: number
  readonly #log: PartitionLog
  readonly #records: readonly LogRecord[]
  readonly #sizes: readonly number[]
  readonly #release: (bytes: number) => void
  #baseOffset = 0
  #isReleased = false

  constructor(
    call: { readonly call: AppendCall; readonly index: number; readonly release: (bytes: number) => void },
    log: PartitionLog,
    content: {
      readonly records: readonly LogRecord[]
      readonly sizes: readonly number[]
      readonly bytes: number
    },
  ) {
    this.#call = call.call
    this.#index = call.index
    this.#release = call.release
    this.#log = log
    this.#records = content.records
    this.#sizes = content.sizes
    this.bytes = content.bytes
  }

  get tableAppends(): WriteJob['tableAppends'] {
    return this.#log.topic.compacted ? [{ log: this.#log, records: this.#records }] : undefined
  }

  stage(staging: Staging): void {
    if (this.#log.topic.deleted)
      throw new StorageError('unknownTopic', `topic ${this.#log.topic.name} was deleted`)
    this.#baseOffset = staging.append(this.#log, this.#records, this.#sizes)
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
    this.#release(this.bytes)
  }
}
