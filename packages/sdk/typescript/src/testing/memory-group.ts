import type { ConsumedMessage, ConsumeResult, PullRequest, PullResponse } from '@ddmq/common/idl'
import type { StoredMessage } from './stored-message.ts'

interface GroupQueue {
  readonly topic: string
  readonly qid: string
  readonly messages: readonly StoredMessage[]
  /** Offset of the first message never handed out. */
  next: number
  /** Offsets to hand out again, before new ones. */
  readonly again: number[]
  /** Handed out and without an outcome: offset → number of deliveries. */
  readonly open: Map<number, number>
  /** Deliveries so far of the messages in `again`. */
  readonly deliveries: Map<number, number>
}

/**
 * What one group has consumed of the in-memory topics.
 *
 * I1 every stored message is acknowledged, dead-lettered, open, to be delivered again, or not yet delivered;
 * I2 an outcome for an offset that is not open changes nothing.
 */
export class MemoryGroup {
  readonly acknowledged: StoredMessage[] = []
  readonly deadLetters: StoredMessage[] = []
  readonly #group: string
  readonly #maxDeliveries: number
  readonly #queues = new Map<string, GroupQueue>()
  readonly #waiters = new Set<() => void>()

  constructor(group: string, maxDeliveries: number) {
    this.#group = group
    this.#maxDeliveries = maxDeliveries
  }

  /** Messages without a final outcome. */
  get lag(): number {
    let lag = 0
    for (const { messages, next, again, open } of this.#queues.values())
      lag += messages.length - next + again.length + open.size
    return lag
  }

  addQueue(topic: string, qid: string, messages: readonly StoredMessage[]): void {
    if (this.#queues.has(qid)) return
    this.#queues.set(qid, {
      topic,
      qid,
      messages,
      next: 0,
      again: [],
      open: new Map(),
      deliveries: new Map(),
    })
  }

  /** Something can be pulled that could not before. */
  wake(): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const waiter of waiters) waiter()
  }

  onChange(waiter: () => void): () => void {
    this.#waiters.add(waiter)
    return () => this.#waiters.delete(waiter)
  }

  take({ topic, maxBatchSize = 1 }: PullRequest): PullResponse | undefined {
    for (const queue of this.#queues.values()) {
      if (topic !== undefined && queue.topic !== topic) continue
      const offsets = nextOffsets(queue, maxBatchSize)
      if (offsets.length === 0) continue
      // Queues take turns, as a server's do.
      this.#queues.delete(queue.qid)
      this.#queues.set(queue.qid, queue)
      const messages = offsets.flatMap(offset => this.#handOut(queue, offset))
      return { context: { groupId: this.#group, topic: queue.topic, qid: queue.qid }, messages }
    }
    return undefined
  }

  apply(result: ConsumeResult | undefined): void {
    for (let each = result; each !== undefined; each = each.nextResult) {
      const queue = this.#queues.get(each.context?.qid ?? '')
      if (queue === undefined) continue
      for (const offset of each.successOffsets ?? []) this.#close(queue, offset, true)
      for (const offset of each.failOffsets ?? []) this.#close(queue, offset, false)
    }
  }

  /** Hands out again what has no outcome, as a server does when its own timeout passes. */
  expire(): void {
    for (const queue of this.#queues.values()) {
      for (const [offset, count] of queue.open) this.#repeat(queue, offset, count)
    }
    this.wake()
  }

  #handOut(queue: GroupQueue, offset: number): readonly ConsumedMessage[] {
    const message = queue.messages[offset]
    if (message === undefined) return []
    queue.open.set(offset, (queue.deliveries.get(offset) ?? 0) + 1)
    return [
      {
        key: message.key,
        value: message.body,
        tag: message.tags,
        offset,
        properties: new Map(Object.entries(message.properties)),
      },
    ]
  }

  #close(queue: GroupQueue, offset: number, succeeded: boolean): void {
    const count = queue.open.get(offset)
    const message = queue.messages[offset]
    if (count === undefined || message === undefined) return
    if (!succeeded && count < this.#maxDeliveries) this.#repeat(queue, offset, count)
    else {
      queue.open.delete(offset)
      if (succeeded) this.acknowledged.push(message)
      else this.deadLetters.push(message)
    }
    this.wake()
  }

  #repeat(queue: GroupQueue, offset: number, count: number): void {
    queue.open.delete(offset)
    queue.deliveries.set(offset, count)
    queue.again.push(offset)
  }
}

function nextOffsets(queue: GroupQueue, max: number): readonly number[] {
  const offsets = queue.again.splice(0, max)
  while (offsets.length < max && queue.next < queue.messages.length) {
    offsets.push(queue.next)
    queue.next += 1
  }
  return offsets
}
