/** Hot path: one per append of a producer. */
import type { AppendHome } from './append-batch.ts'
import { type DeadlineWatch, Expiring } from './deadline-watch.ts'
import { StorageError } from './errors.ts'
import type { LogRecord } from './port/record.ts'

/** Is told once what became of a record, at once where it is refused. Must not throw: others of its batch are told after it. */
export interface AppendListener {
  appended(offset: number): void
  notAppended(error: StorageError): void
}

/** What is appended, and where. */
export interface GivenRecord {
  readonly home: AppendHome
  readonly record: LogRecord
  /** What it draws from the budget. */
  readonly bytes: number
}

/** One record that was given, and is watched from then on. It is answered once. */
export class PendingAppend extends Expiring {
  readonly home: AppendHome
  readonly record: LogRecord
  readonly bytes: number
  /** It is part of a batch. */
  inFlight = false
  settled = false
  readonly #watch: DeadlineWatch
  readonly #listener: AppendListener

  constructor(
    { home, record, bytes }: GivenRecord,
    dueMs: number,
    watch: DeadlineWatch,
    listener: AppendListener,
  ) {
    super(dueMs)
    this.home = home
    this.record = record
    this.bytes = bytes
    this.#watch = watch
    this.#listener = listener
    watch.add(this)
  }

  succeed(offset: number): void {
    if (this.settled) return
    this.settled = true
    this.#watch.delete(this)
    this.#listener.appended(offset)
  }

  fail(error: StorageError): void {
    if (this.settled) return
    this.settled = true
    this.#watch.delete(this)
    this.#listener.notAppended(error)
  }

  expire(): void {
    if (this.inFlight) this.fail(new StorageError('outcomeUnknown', 'not acknowledged by the deadline'))
    else this.fail(new StorageError('retriable', 'withdrawn at the deadline before it was sent'))
  }
}
