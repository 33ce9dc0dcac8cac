import type { Clock } from '@ddmq/common/clock'
import type { Job, JobOutcome } from './job.ts'
import type { PullEntry } from './pull-entry.ts'
import { type PullBatch, PullQueue } from './pull-queue.ts'
import { PullWaiter, PullWaiters, type PullWanted } from './pull-waiters.ts'
import { businessRetryDelay, mayRetryAfterTimeout } from './retry-policy.ts'

const CONSUMED: JobOutcome = { kind: 'consumed' }

export interface PullBufferEvents {
  delivered(batch: PullBatch): void
  redelivered(entry: PullEntry, why: 'refused' | 'timedOut'): void
}

/**
 * What a group's pull clients can have: messages waiting, messages with clients, and parked pulls
 * (consumer-proxy.md §5, §6). One per group, over all its broker clusters. Hot.
 *
 * P1 A batch holds messages of one (topic, qid).
 * P2 A message is with at most one client at a time.
 * P3 After every public call no parked pull is left for which a message is available; `add` alone leaves that to `wake`, so
 *    that what arrives together leaves together.
 * P4 A message leaves only by `ack`, by the end of one of its retry budgets, or when its job is terminated.
 * P5 (topic, qid)s with messages are served in turn, one batch each.
 * P6 Within a (topic, qid): what is delivered again comes first, then arrival order.
 */
export class PullBuffer {
  readonly #clock: Clock
  readonly #events: PullBufferEvents
  readonly #waiters: PullWaiters
  readonly #queues = new Map<string, Map<string, PullQueue>>()
  /** Queues that may have something to deliver, next one first. */
  readonly #ready = new Set<PullQueue>()
  #timerDueMs = Infinity
  #cancelTimer: () => void = () => undefined

  constructor(clock: Clock, maxParkedPerTopic: number, events: PullBufferEvents) {
    this.#clock = clock
    this.#events = events
    this.#waiters = new PullWaiters(clock, maxParkedPerTopic)
  }

  get parkedCount(): number {
    return this.#waiters.size
  }

  get outstandingCount(): number {
    let count = 0
    for (const byQid of this.#queues.values()) {
      for (const queue of byQid.values()) count += queue.outstandingCount
    }
    return count
  }

  /** Call `wake` after the last of what arrived together. */
  add(job: Job): void {
    const queue = this.#queueOf(job.topic, job.qid)
    queue.add(job)
    if (queue.hasAvailable) this.#ready.add(queue)
  }

  /** Serves parked pulls as long as there is something for one of them. */
  wake(): void {
    if (this.#waiters.size === 0) return
    for (const queue of this.#ready) {
      const waiter = this.#waiters.firstFor(queue.topic)
      if (waiter === undefined) continue
      const batch = this.#takeFrom(queue, waiter.wanted)
      if (batch === undefined) continue
      this.#waiters.remove(waiter)
      waiter.answer(batch)
    }
  }

  /**
   * Answers with a batch as soon as there is one, or empty after `lingerMs`. The returned function is for a client that
   * went away: it ends the wait, or puts the batch back without counting a delivery.
   */
  pull(wanted: PullWanted, lingerMs: number, answer: PullWaiter['answer']): () => void {
    let given: PullBatch | undefined
    const waiter = new PullWaiter(wanted, batch => {
      given = batch
      answer(batch)
    })
    const batch = this.#takeNext(wanted)
    if (batch === undefined) this.#waiters.park(waiter, lingerMs)
    else waiter.answer(batch)
    return () => {
      if (given === undefined) this.#waiters.remove(waiter)
      else this.#giveBack(given)
    }
  }

  /** The message was consumed. False when it is not with a client. */
  ack(topic: string, qid: string, offset: number): boolean {
    const queue = this.#queues.get(topic)?.get(qid)
    const entry = queue?.settle(offset)
    if (entry === undefined) return false
    entry.job.finish(CONSUMED)
    return true
  }

  /** A client refused the message: it comes again after the next pause of its ladder, or is dropped. */
  fail(topic: string, qid: string, offset: number): boolean {
    const queue = this.#queues.get(topic)?.get(qid)
    const entry = queue?.settle(offset)
    if (queue === undefined || entry === undefined) return false
    const delayMs = businessRetryDelay(entry.job.subscription.config.retryIntervals, entry.failures)
    if (delayMs === undefined) {
      this.#drop(entry, 'businessRetriesExhausted')
      return true
    }
    entry.failures += 1
    entry.timedOut = false
    this.#events.redelivered(entry, 'refused')
    const dueMs = this.#clock.monotonicMs() + delayMs
    queue.addLater(entry, dueMs)
    this.#arm(dueMs)
    return true
  }

  /** The partition is being handed over: delivers no more of it, still takes results of what clients hold. */
  closeQueue(topic: string, qid: string): void {
    const queue = this.#queues.get(topic)?.get(qid)
    if (queue === undefined) return
    queue.close()
    this.#ready.delete(queue)
  }

  /** Messages of the (topic, qid) that clients hold. */
  outstandingOf(topic: string, qid: string): number {
    return this.#queues.get(topic)?.get(qid)?.outstandingCount ?? 0
  }

  removeQueue(topic: string, qid: string): void {
    this.closeQueue(topic, qid)
    const byQid = this.#queues.get(topic)
    byQid?.delete(qid)
    if (byQid?.size === 0) this.#queues.delete(topic)
  }

  /** Time-outs may be due sooner than the timer is. */
  settingsChanged(): void {
    this.#sweep()
  }

  /** Answers every parked pull empty. */
  release(): void {
    this.#waiters.answerAllEmpty()
  }

  /** Stops the timer; nothing is redelivered afterwards. */
  close(): void {
    this.release()
    this.#cancelTimer()
  }

  #takeNext(wanted: PullWanted): PullBatch | undefined {
    for (const queue of this.#ready) {
      if (wanted.topic !== undefined && wanted.topic !== queue.topic) continue
      const batch = this.#takeFrom(queue, wanted)
      if (batch !== undefined) return batch
    }
    return undefined
  }

  /** Takes one batch and moves the queue behind the others; undefined when all it held was terminated. */
  #takeFrom(queue: PullQueue, wanted: PullWanted): PullBatch | undefined {
    const entries = queue.take(wanted, this.#clock.monotonicMs())
    this.#ready.delete(queue)
    if (queue.hasAvailable) this.#ready.add(queue)
    const [first] = entries
    if (first === undefined) return undefined
    this.#arm(queue.nextTimeoutMs())
    const batch: PullBatch = { topic: queue.topic, qid: queue.qid, entries }
    this.#events.delivered(batch)
    return batch
  }

  #giveBack(batch: PullBatch): void {
    const queue = this.#queues.get(batch.topic)?.get(batch.qid)
    if (queue === undefined) return
    queue.giveBack(batch.entries)
    this.#readyAgain(queue)
    this.wake()
  }

  #readyAgain(queue: PullQueue): void {
    if (queue.hasAvailable) this.#ready.add(queue)
  }

  #drop(entry: PullEntry, reason: 'businessRetriesExhausted' | 'timeoutRetriesExhausted'): void {
    entry.job.finish({ kind: 'dropped', reason, attempts: entry.deliveries, lastResponse: '' })
  }

  #queueOf(topic: string, qid: string): PullQueue {
    let byQid = this.#queues.get(topic)
    if (byQid === undefined) this.#queues.set(topic, (byQid = new Map()))
    let queue = byQid.get(qid)
    if (queue === undefined) byQid.set(qid, (queue = new PullQueue(topic, qid)))
    return queue
  }

  /** One timer for the group: the earliest time-out or end of a pause. */
  #arm(dueMs: number): void {
    if (dueMs >= this.#timerDueMs) return
    this.#cancelTimer()
    this.#timerDueMs = dueMs
    this.#cancelTimer = this.#clock.schedule(Math.max(0, dueMs - this.#clock.monotonicMs()), () =>
      this.#sweep(),
    )
  }

  #sweep(): void {
    const nowMs = this.#clock.monotonicMs()
    this.#timerDueMs = Infinity
    let nextMs = Infinity
    for (const byQid of this.#queues.values()) {
      for (const queue of byQid.values()) {
        queue.addDue(nowMs)
        this.#sweepTimeouts(queue, nowMs)
        nextMs = Math.min(nextMs, queue.nextTimeoutMs(), queue.nextDueMs)
      }
    }
    this.#arm(nextMs)
    this.wake()
  }

  #sweepTimeouts(queue: PullQueue, nowMs: number): void {
    for (const entry of queue.takeTimedOut(nowMs)) {
      if (entry.job.terminated) continue
      if (!mayRetryAfterTimeout(entry.job.subscription.config.maxRetry, entry.timeouts)) {
        this.#drop(entry, 'timeoutRetriesExhausted')
        continue
      }
      entry.timedOut = true
      this.#events.redelivered(entry, 'timedOut')
      queue.addAgain(entry)
    }
    this.#readyAgain(queue)
  }
}
