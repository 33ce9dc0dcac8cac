import { consumeLagLimit } from '@ddmq/common/registry'
import type { ReadResult, StoredRecord, TopicPartition } from '@ddmq/storage'
import type { JobOutcome } from '../core/job.ts'
import { OffsetTracker } from '../core/offset-tracker.ts'
import { recordBytes } from '../core/record-bytes.ts'
import type { Subscription } from '../core/subscription.ts'
import { matchesTags } from '../core/tag-filter.ts'
import { type JobOwner, MessageJob } from './message-job.ts'
import { RecordBlock } from './record-block.ts'
import type { TopicIntake } from './topic-intake.ts'

const NOTHING = new Uint8Array(0)

export interface LaneEvents {
  started(lane: PartitionLane): void
  /** The message is dead: resolve once it is stored where it can be found. Rejects when the lane was terminated first. */
  storeDeadLetter(
    job: MessageJob,
    outcome: Extract<JobOutcome, { kind: 'dropped' }>,
    lane: PartitionLane,
  ): Promise<void>
  finished(lane: PartitionLane, outcome: JobOutcome): void
}

export interface LaneParts {
  readonly intake: TopicIntake
  readonly events: LaneEvents
}

/**
 * One assigned partition: records wait here between the read and their turn, and their outcomes become the position to
 * commit. Hot.
 *
 * L1 Records are started in offset order, each once.
 * L2 Every byte drawn from the budget and every permit is given back: when its message finishes, or all at once at `terminate`.
 * L3 After `close` nothing starts; after `terminate` outcomes are ignored, so a late result never moves a position that
 *    somebody else owns.
 * L4 An offset is finished only when its message was consumed or filtered, or is stored as a dead letter.
 */
export class PartitionLane implements JobOwner, TopicPartition {
  readonly topic: string
  readonly partition: string
  readonly qid: string
  readonly #intake: TopicIntake
  readonly #events: LaneEvents
  readonly #tracker: OffsetTracker
  readonly #termination = new AbortController()
  /** Position that is stored for the group. */
  committedOffset: number
  #position: number
  #endOffset: number
  #pending: readonly StoredRecord[] = []
  #cursor = 0
  /** The last record that was started lies in it. */
  #block: RecordBlock | undefined
  #heldBytes = 0
  #inFlight = 0
  #terminated = false
  #closed = false
  #suspended = false

  constructor(at: TopicPartition & { readonly qid: string; readonly offset: number }, parts: LaneParts) {
    this.topic = at.topic
    this.partition = at.partition
    this.qid = at.qid
    this.#position = at.offset
    this.#endOffset = at.offset
    this.committedOffset = at.offset
    this.#tracker = new OffsetTracker(at.offset)
    this.#intake = parts.intake
    this.#events = parts.events
  }

  get subscription(): Subscription {
    return this.#intake.subscription
  }

  get terminated(): boolean {
    return this.#terminated
  }

  /** Aborts when the partition is given up. */
  get termination(): AbortSignal {
    return this.#termination.signal
  }

  get closed(): boolean {
    return this.#closed
  }

  /** First offset to read next. */
  get position(): number {
    return this.#position
  }

  get committable(): number {
    return this.#tracker.committable
  }

  /** Its messages leave through the pull buffer. */
  get isPulled(): boolean {
    return this.subscription.config.actions.at(-1) === 'PullServer'
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Messages between the position safe to commit and the end of the log when it was last read. */
  get lag(): number {
    return Math.max(0, this.#endOffset - this.#tracker.committable)
  }

  /** Everything read was started, and a further message might start now. */
  wantsRecords(): boolean {
    if (this.#closed || this.#suspended || this.#cursor < this.#pending.length) return false
    return this.#withinLag() && this.#intake.hasRoom() && this.#intake.hasBytes()
  }

  /** There is a record whose turn it is, as far as this lane alone decides. */
  get canStart(): boolean {
    return !this.#closed && this.#cursor < this.#pending.length && this.#withinLag()
  }

  /** A suspended lane is not read; what it holds goes on. */
  set suspended(suspended: boolean) {
    this.#suspended = suspended
  }

  /** Takes what was read at `position`. False, and nothing happened, when the topic's share of the budget has no room for it. */
  offer(result: ReadResult): boolean {
    let bytes = 0
    for (const record of result.records) bytes += recordBytes(record)
    if (bytes > 0 && !this.#intake.budget.tryDraw(bytes)) return false
    this.#heldBytes += bytes
    this.#endOffset = result.endOffset
    this.#position = result.nextOffset
    this.#pending = result.records
    this.#cursor = 0
    this.pump()
    return true
  }

  /** The log has nothing between the position and `offset` any more; what was read before is still under way. */
  skipTo(offset: number): void {
    this.#position = offset
    this.pump()
  }

  /** Starts what may start now. */
  pump(): void {
    while (this.canStart && this.#intake.tryAdmit()) {
      const record = this.#pending[this.#cursor]
      this.#cursor += 1
      if (record !== undefined) this.#start(record)
    }
    if (this.#closed || this.#cursor < this.#pending.length) return
    this.#forgetPending()
    this.#tracker.skipTo(this.#position)
  }

  /** Starts nothing any more and forgets what was not started; what is under way may still finish. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    let bytes = 0
    for (let index = this.#cursor; index < this.#pending.length; index++) {
      const record = this.#pending[index]
      if (record !== undefined) bytes += recordBytes(record)
    }
    this.#forgetPending()
    this.#giveBack(bytes)
  }

  terminate(): void {
    this.close()
    if (this.terminated) return
    this.#terminated = true
    this.#termination.abort()
    this.#intake.lanes.delete(this)
    const unfinished = this.#inFlight
    this.#inFlight = 0
    this.#giveBack(this.#heldBytes)
    this.#intake.release(unfinished)
  }

  jobGrew(bytes: number): void {
    this.#heldBytes += bytes
    this.#intake.budget.drawMore(bytes)
  }

  jobFinished(job: MessageJob, outcome: JobOutcome): void {
    if (this.terminated) return
    if (outcome.kind !== 'dropped') return this.#settle(job, outcome)
    this.#events.storeDeadLetter(job, outcome, this).then(
      () => this.#settle(job, outcome),
      // Only termination ends the attempts; whoever reads the partition next has the message again.
      () => undefined,
    )
  }

  #start(record: StoredRecord): void {
    const bytes = recordBytes(record)
    this.#tracker.start(record.offset)
    this.#inFlight += 1
    this.#events.started(this)
    const job = new MessageJob(record, bytes, this.#blockOf(record), this)
    const { tags } = this.subscription.config
    if (tags !== undefined && !matchesTags(tags, job.tags)) job.finish({ kind: 'filtered' })
    else this.#intake.chain.run(job)
  }

  #blockOf({ value, key }: StoredRecord): RecordBlock {
    const { buffer } = value ?? key ?? NOTHING
    if (this.#block?.buffer === buffer) return this.#block
    this.#block?.complete()
    this.#block = new RecordBlock(buffer)
    return this.#block
  }

  #forgetPending(): void {
    this.#pending = []
    this.#cursor = 0
    this.#block?.complete()
    this.#block = undefined
  }

  #settle(job: MessageJob, outcome: JobOutcome): void {
    if (this.terminated) return
    job.settled()
    this.#tracker.finish(job.record.offset)
    this.#inFlight -= 1
    this.#giveBack(job.bytes)
    this.#events.finished(this, outcome)
    this.#intake.release(1)
  }

  #giveBack(bytes: number): void {
    this.#heldBytes -= bytes
    if (bytes > 0) this.#intake.budget.giveBack(bytes)
  }

  #withinLag(): boolean {
    const limit = consumeLagLimit(this.subscription.config)
    if (limit === undefined || this.#tracker.span < limit) return true
    this.#intake.starve()
    return false
  }
}
