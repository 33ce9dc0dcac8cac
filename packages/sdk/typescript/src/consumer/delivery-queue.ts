import type { Delivery, StopReport } from './consumer.ts'
import type { OpenDelivery } from './open-delivery.ts'

/**
 * Deliveries on their way to a `for await` loop. A delivery holds its handler slot until it has an outcome, so the
 * consumer's `concurrency` bounds the queue.
 */
export class DeliveryQueue implements AsyncIterator<Delivery> {
  readonly #owner: { stop(): Promise<StopReport> }
  readonly #waiting: OpenDelivery[] = []
  readonly #readers: ((result: IteratorResult<Delivery, undefined>) => void)[] = []
  #atHand: OpenDelivery | undefined = undefined
  #ended = false

  constructor(owner: { stop(): Promise<StopReport> }) {
    this.#owner = owner
  }

  /** Resolves when every delivery has an outcome; after the loop was left, that is SKIP. */
  async offer(deliveries: readonly OpenDelivery[]): Promise<void> {
    if (this.#ended) return
    for (const delivery of deliveries) {
      const reader = this.#readers.shift()
      if (reader === undefined) this.#waiting.push(delivery)
      else reader(this.#hand(delivery))
    }
    for (const delivery of deliveries) {
      await delivery.whenSettled()
      this.#withdraw(delivery)
    }
  }

  next(): Promise<IteratorResult<Delivery, undefined>> {
    const delivery = this.#waiting.shift()
    if (delivery !== undefined) return Promise.resolve(this.#hand(delivery))
    if (this.#ended) return Promise.resolve(DONE)
    return new Promise(resolve => this.#readers.push(resolve))
  }

  async return(): Promise<IteratorResult<Delivery, undefined>> {
    this.#ended = true
    this.#atHand?.skip()
    for (const delivery of this.#waiting.splice(0)) delivery.skip()
    await this.#owner.stop()
    return DONE
  }

  /** Ends the loop; what waits is dropped, because its outcome could not be reported any more. */
  end(): void {
    this.#ended = true
    this.#waiting.length = 0
    for (const reader of this.#readers.splice(0)) reader(DONE)
  }

  /** One that ran out of time before the loop came to it: it gave up its slot, and is delivered again. */
  #withdraw(delivery: OpenDelivery): void {
    const index = this.#waiting.indexOf(delivery)
    if (index >= 0) this.#waiting.splice(index, 1)
  }

  #hand(delivery: OpenDelivery): IteratorResult<Delivery, undefined> {
    this.#atHand = delivery
    return { done: false, value: delivery }
  }
}

const DONE: IteratorResult<Delivery, undefined> = { done: true, value: undefined }
