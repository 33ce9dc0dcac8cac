import { decodeMessageHeaders, type StoredRecord } from '@ddmq/storage'
import type { Job, JobOutcome } from '../core/job.ts'
import type { Subscription } from '../core/subscription.ts'

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
export class MessageJob implements Job {
  readonly record: StoredRecord
  /** Drawn from the byte budget for it. */
  #bytes: number
  readonly #owner: JobOwner
  #finished = false
  #headers:
    | { readonly tags: string | undefined; readonly properties: ReadonlyMap<string, string> }
    | undefined

  constructor(record: StoredRecord, bytes: number, owner: JobOwner) {
    this.record = record
    this.#bytes = bytes
    this.#owner = owner
  }

  get bytes(): number {
    return this.#bytes
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
    const { key } = this.record
    return key === null ? undefined : Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString()
  }

  get tags(): string | undefined {
    return this.record.headers.length === 0 ? undefined : this.#decoded().tags
  }

  get properties(): ReadonlyMap<string, string> {
    return this.record.headers.length === 0 ? NO_PROPERTIES : this.#decoded().properties
  }

  hold(bytes: number): void {
    if (this.#finished || this.#owner.terminated) return
    this.#bytes += bytes
    this.#owner.jobGrew(bytes)
  }

  finish(outcome: JobOutcome): void {
    if (this.#finished) return
    this.#finished = true
    this.#owner.jobFinished(this, outcome)
  }

  #decoded() {
    this.#headers ??= decodeMessageHeaders(this.record.headers)
    return this.#headers
  }
}
