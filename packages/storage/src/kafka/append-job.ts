/** Hot path: one per append. */
import type { AppendCall, CallJob } from '../append-call.ts'
import { StorageError } from '../errors.ts'
import type { LogRecord } from '../port/record.ts'

/**
 * The records of one append on their way to the leader of their partition.
 *
 * J1 Answered once. At its deadline `retriable` when nothing of it can have been stored, and then it is never sent any
 *    more; `outcomeUnknown` when it may have been.
 */
export class AppendJob implements CallJob {
  before: CallJob | undefined = undefined
  readonly records: readonly LogRecord[]
  readonly bytes: number
  /** In a request that a broker may have taken. */
  mayBeStored = false
  isSettled = false
  readonly #call: AppendCall
  readonly #index: number
  readonly #release: (bytes: number) => void

  constructor(
    call: { readonly call: AppendCall; readonly index: number; readonly release: (bytes: number) => void },
    records: readonly LogRecord[],
    bytes: number,
  ) {
    this.#call = call.call
    this.#index = call.index
    this.#release = call.release
    this.records = records
    this.bytes = bytes
  }

  /** When it is answered at the latest (monotonic). */
  get dueMs(): number {
    return this.#call.dueMs
  }

  succeed(baseOffset: number): void {
    if (this.#settle()) this.#call.settle(this.#index, { baseOffset })
  }

  fail(error: StorageError): void {
    if (this.#settle()) this.#call.settle(this.#index, { error })
  }

  expire(): void {
    this.fail(
      this.mayBeStored
        ? new StorageError('outcomeUnknown', 'not acknowledged by the deadline')
        : new StorageError('retriable', 'withdrawn at the deadline; nothing was stored'),
    )
  }

  #settle(): boolean {
    if (this.isSettled) return false
    this.isSettled = true
    this.#release(this.bytes)
    return true
  }
}
