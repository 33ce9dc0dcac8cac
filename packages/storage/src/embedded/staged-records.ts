import type { LogRecord } from '../port/record.ts'
import type { Slot } from './compacted-table.ts'

const NO_SLOTS: readonly Slot[] = []

/** Records that go into a log with the write batch being built. */
export class StagedRecords {
  records: readonly LogRecord[]
  /** Sum of their encoded sizes. */
  bytes: number
  /** Of a compacted topic, in the order of the records. */
  slots: readonly Slot[]
  #own: LogRecord[] | undefined
  #ownSlots: Slot[] | undefined

  /** Most batches hold one append per log: its array is used as it is, and copied when a second one comes. */
  constructor(records: readonly LogRecord[], bytes: number, slots = NO_SLOTS) {
    this.records = records
    this.bytes = bytes
    this.slots = slots
  }

  add(records: readonly LogRecord[], bytes: number, slots = NO_SLOTS): void {
    this.#own ??= [...this.records]
    for (const record of records) this.#own.push(record)
    this.records = this.#own
    this.bytes += bytes
    if (slots.length === 0) return
    this.#ownSlots ??= [...this.slots]
    for (const slot of slots) this.#ownSlots.push(slot)
    this.slots = this.#ownSlots
  }
}
