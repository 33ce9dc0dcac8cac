import { Fifo } from '@ddmq/common/collections'
import { DueHeap } from './due-heap.ts'
import { EntryList } from './entry-list.ts'
import type { Job } from './job.ts'
import { PullEntry } from './pull-entry.ts'

/** Messages of one (topic, qid) that leave together (consumer-proxy.md §5.1 step 6). */
export interface PullBatch {
  readonly topic: string
  readonly qid: string
  readonly entries: readonly PullEntry[]
}

export interface BatchLimits {
  /** ≤ 0: the subscription's `maxPullBatchSize` alone decides. */
  readonly maxMessages: number
  /** Soft: the message that reaches it is the last one. */
  readonly maxBytes: number
}

/**
 * The messages of one (topic, qid): waiting for their first delivery, to be delivered again, or with a client.
 * Entries of jobs that ended elsewhere (partition taken away) are dropped when they are met.
 */
export class PullQueue {
  readonly topic: string
  readonly qid: string
  readonly #waiting = new Fifo<PullEntry>()
  /** To be delivered again at once, in that order, before anything waiting. */
  readonly #again = new EntryList()
  /** Refused by a client: to be delivered again after a pause. */
  #later = new DueHeap<PullEntry>()
  /** With a client, in the order they were handed out. */
  readonly #outstanding = new EntryList()
  /** The partition is being handed over: nothing more is delivered, results are still taken. */
  #closing = false

  constructor(topic: string, qid: string) {
    this.topic = topic
    this.qid = qid
  }

  get hasAvailable(): boolean {
    return !this.#closing && this.#again.size + this.#waiting.size > 0
  }

  get outstandingCount(): number {
    return this.#outstanding.size
  }

  add(job: Job): void {
    if (!this.#closing) this.#waiting.push(new PullEntry(job))
  }

  addAgain(entry: PullEntry): void {
    if (!this.#closing && !entry.job.terminated) this.#again.push(entry)
  }

  addLater(entry: PullEntry, dueMs: number): void {
    if (!this.#closing) this.#later.push(dueMs, entry)
  }

  /** When the next pause ends; Infinity when there is none. */
  get nextDueMs(): number {
    return this.#later.nextDueMs
  }

  /** Ends the pauses that are over. */
  addDue(nowMs: number): void {
    for (let due = this.#later.popDue(nowMs); due !== undefined; due = this.#later.popDue(nowMs)) {
      this.addAgain(due)
    }
  }

  take(limits: BatchLimits, nowMs: number): PullEntry[] {
    const taken: PullEntry[] = []
    let bytes = 0
    let most = Infinity
    while (taken.length < most && bytes < limits.maxBytes) {
      const entry = this.#next()
      if (entry === undefined) break
      if (taken.length === 0) most = batchSize(limits.maxMessages, entry)
      entry.handOut(nowMs)
      this.#outstanding.push(entry)
      taken.push(entry)
      bytes += entry.bytes
    }
    return taken
  }

  /** Puts back at the head what could not be sent and is still with nobody. */
  giveBack(entries: readonly PullEntry[]): void {
    for (const entry of entries.toReversed()) {
      if (!this.#outstanding.delete(entry)) continue
      entry.undoHandOut()
      if (!this.#closing) this.#again.unshift(entry)
    }
  }

  /**
   * Takes the entry a client reports on: one that is with a client, or one that timed out and was not handed out again.
   * Undefined for anything else.
   */
  settle(offset: number): PullEntry | undefined {
    const entry = this.#outstanding.get(offset) ?? this.#again.get(offset)
    if (entry === undefined || entry.deliveries === 0) return undefined
    if (!this.#outstanding.delete(entry)) this.#again.delete(entry)
    return entry
  }

  /** When the oldest delivery times out; Infinity when nothing is with a client. */
  nextTimeoutMs(): number {
    return this.#outstanding.first?.timeoutAtMs ?? Infinity
  }

  /** Takes out what timed out, oldest first. */
  takeTimedOut(nowMs: number): PullEntry[] {
    const timedOut: PullEntry[] = []
    for (;;) {
      const { first } = this.#outstanding
      if (first === undefined || first.timeoutAtMs > nowMs) return timedOut
      this.#outstanding.delete(first)
      timedOut.push(first)
    }
  }

  close(): void {
    this.#closing = true
    this.#waiting.clear()
    this.#again.clear()
    this.#later = new DueHeap()
  }

  #next(): PullEntry | undefined {
    for (;;) {
      const entry = (this.#again.size > 0 ? this.#nextAgain() : undefined) ?? this.#waiting.shift()
      if (entry === undefined || !entry.job.terminated) return entry
    }
  }

  #nextAgain(): PullEntry | undefined {
    const { first } = this.#again
    if (first !== undefined) this.#again.delete(first)
    return first
  }
}

function batchSize(wanted: number, entry: PullEntry): number {
  const most = entry.job.subscription.config.maxPullBatchSize
  return wanted > 0 ? Math.min(wanted, most) : most
}
