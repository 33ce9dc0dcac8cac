import { Fifo } from '@ddmq/common/collections'
import { type BreakerRules, EndpointBreaker, type Pass } from '../../core/push/endpoint-breaker.ts'
import type { Delivery } from './delivery.ts'

/** One origin as this group sees it: its breaker, the requests under way, and the messages that wait for either. */
export class Endpoint {
  readonly origin: string
  readonly breaker: EndpointBreaker
  readonly waiting = new Fifo<Delivery>()
  readonly #maxInFlight: number
  /** Cancels the timer that looks at `waiting` again. */
  cancelWake: (() => void) | undefined
  #inFlight = 0

  constructor(origin: string, rules: BreakerRules, maxInFlight: number) {
    this.origin = origin
    this.breaker = new EndpointBreaker(rules)
    this.#maxInFlight = maxInFlight
  }

  get isIdle(): boolean {
    return this.#inFlight === 0 && this.waiting.size === 0
  }

  canEnter(nowMs: number): boolean {
    return this.#inFlight < this.#maxInFlight && this.breaker.waitMs(nowMs) === 0
  }

  enter(): Pass {
    this.#inFlight += 1
    return this.breaker.enter()
  }

  leave(): void {
    this.#inFlight -= 1
  }
}
