import type { Clock } from '@ddmq/common/clock'
import { type Linked, LinkedList } from '@ddmq/common/collections'
import type { PullBatch } from './pull-queue.ts'

/** What a client asked for. */
export interface PullWanted {
  /** Undefined: any topic of the group. */
  readonly topic: string | undefined
  readonly maxMessages: number
  readonly maxBytes: number
}

/** A pull that waits, or may. */
export class PullWaiter implements Linked<PullWaiter> {
  readonly wanted: PullWanted
  /** Called once: with messages, or with undefined when the wait is over. */
  readonly answer: (batch: PullBatch | undefined) => void
  before: PullWaiter | undefined = undefined
  after: PullWaiter | undefined = undefined
  /** Only while it is parked. */
  cancelTimer: (() => void) | undefined = undefined

  constructor(wanted: PullWanted, answer: PullWaiter['answer']) {
    this.wanted = wanted
    this.answer = answer
  }
}

/**
 * The parked pulls of one group, in the order they came (consumer-proxy.md §6.4).
 *
 * W1 Each waiter is answered at most once; one that was removed is never answered.
 * W2 At most `maxPerTopic` wait for the same requested topic.
 */
export class PullWaiters {
  readonly #clock: Clock
  readonly #maxPerTopic: number
  readonly #parked = new LinkedList<PullWaiter>()
  readonly #perTopic = new Map<string | undefined, number>()

  constructor(clock: Clock, maxPerTopic: number) {
    this.#clock = clock
    this.#maxPerTopic = maxPerTopic
  }

  get size(): number {
    return this.#parked.size
  }

  /** Parks until `lingerMs` passed, then answers empty; answers empty at once when too many wait already. */
  park(waiter: PullWaiter, lingerMs: number): void {
    const topic = waiter.wanted.topic
    const waiting = this.#perTopic.get(topic) ?? 0
    if (waiting >= this.#maxPerTopic) return waiter.answer(undefined)
    this.#perTopic.set(topic, waiting + 1)
    waiter.cancelTimer = this.#clock.schedule(lingerMs, () => {
      if (this.remove(waiter)) waiter.answer(undefined)
    })
    this.#parked.push(waiter)
  }

  remove(waiter: PullWaiter): boolean {
    if (waiter.cancelTimer === undefined) return false
    waiter.cancelTimer()
    waiter.cancelTimer = undefined
    this.#parked.delete(waiter)
    const topic = waiter.wanted.topic
    const left = (this.#perTopic.get(topic) ?? 0) - 1
    if (left > 0) this.#perTopic.set(topic, left)
    else this.#perTopic.delete(topic)
    return true
  }

  /** The longest waiting one that wants a message of this topic. */
  firstFor(topic: string): PullWaiter | undefined {
    let waiter = this.#parked.first
    while (waiter !== undefined && (waiter.wanted.topic ?? topic) !== topic) waiter = waiter.after
    return waiter
  }

  answerAllEmpty(): void {
    for (let waiter = this.#parked.first; waiter !== undefined; waiter = this.#parked.first) {
      this.remove(waiter)
      waiter.answer(undefined)
    }
  }
}
