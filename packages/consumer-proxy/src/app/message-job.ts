import { decodeMessageHeaders, type StoredRecord } from '@ddmq/storage'
import type { Job, JobOutcome } from '../core/job.ts'
import { copyRecord } from '../core/record-bytes.ts'
import type { Subscription } from '../core/subscription.ts'
import type { BlockTenant, RecordBlock } from './record-block.ts'

const NO_PROPERTIES: ReadonlyMap<string, string> = new Map()

/** Who a job reports to: the lane it came from. */
export interface JobOwner {
  readonly subscription: Subscription
  readonly topic: string
  readonly qid: string
  readonly terminated: boolean
  /** The job takes more memory than its record. */
  jobGrew(bytes: number): void
  jobFinished(job: MessageJob, outcome: JobOutcome): void
}

/** One record under way (see `Job`). Hot: the key and the headers are decoded on first use. */
export class MessageJob implements Job, BlockTenant {
  readonly recordBytes: number
  place = 0
  readonly #block: RecordBlock
  readonly #owner: JobOwner
  #record: StoredRecord
  /** Drawn from the byte budget for it beside its record. */
  #heldBytes = 0
  #finished = false
  #headers:
    | { readonly tags: string | undefined; readonly properties: ReadonlyMap<string, string> }
    | undefined

  /** The record lies in the block. */
  constructor(record: StoredRecord, recordBytes: number, block: RecordBlock, owner: JobOwner) {
    this.#record = record
    this.recordBytes = recordBytes
    this.#block = block
    this.#owner = owner
    block.started(this)
  }

  get record(): StoredRecord {
    return this.#record
  }

  /** Drawn from the byte budget for it. */
  get bytes(): number {
    return this.recordBytes + this.#heldBytes
  }

  get subscription(): Subscription {
    return this.#owner.subscription
  }

  get topic(): string {
    return this.#owner.topic
  }

  get qid(): string {
    return this.#owner.qid
  }

  get terminated(): boolean {
    return this.#owner.terminated
  }

  get key(): string | undefined {
    const { key } = this.#record
    if (key === null) return undefined
    return (Buffer.isBuffer(key) ? key : Buffer.from(key)).toString()
  }

  get tags(): string | undefined {
    return this.#record.headers.length === 0 ? undefined : this.#decoded().tags
  }

  get properties(): ReadonlyMap<string, string> {
    return this.#record.headers.length === 0 ? NO_PROPERTIES : this.#decoded().properties
  }

  hold(bytes: number): void {
    if (this.#finished || this.#owner.terminated) return
    this.#heldBytes += bytes
    this.#owner.jobGrew(bytes)
  }

  finish(outcome: JobOutcome): void {
    if (this.#finished) return
    this.#finished = true
    this.#owner.jobFinished(this, outcome)
  }

  /** Its owner has done with it. */
  settled(): void {
    this.#block.finished(this)
  }

  moveOut(): void {
    this.#record = copyRecord(this.#record)
  }

  #decoded() {
    this.#headers ??= decodeMessageHeaders(this.#record.headers)
    return this.#headers
  }
}
