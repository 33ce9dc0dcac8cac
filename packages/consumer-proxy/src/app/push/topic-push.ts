import type { Clock } from '@ddmq/common/clock'
import { Fifo } from '@ddmq/common/collections'
import type { PushTarget } from '../../core/push/ports.ts'
import type { PushMeter } from '../../core/push/push-observer.ts'
import { subscriptionTargets } from '../../core/push/push-targets.ts'
import { RequestRate } from '../../core/push/request-rate.ts'
import type { Subscription } from '../../core/subscription.ts'
import type { Delivery } from './delivery.ts'

/** What the messages of one subscription share: its settings as of now, its request rate, and the queue before it. */
export class TopicPush {
  readonly rate: RequestRate
  readonly meter: PushMeter
  readonly waiting = new Fifo<Delivery>()
  /** Cancels the timer that looks at `waiting` again. */
  cancelWake: (() => void) | undefined
  #subscription: Subscription
  #targets: readonly PushTarget[] | undefined
  #assignedShare: number | undefined

  constructor(subscription: Subscription, clock: Clock, meter: PushMeter) {
    this.#subscription = subscription
    this.meter = meter
    this.rate = new RequestRate(this.#requestsPerSecond(), clock)
  }

  get config(): Subscription['config'] {
    return this.#subscription.config
  }

  /** Throws PushRefusedError while the configured URLs cannot be used. */
  get targets(): readonly PushTarget[] {
    this.#targets ??= subscriptionTargets(this.config.urls)
    return this.#targets
  }

  update(subscription: Subscription): void {
    this.#subscription = subscription
    this.#targets = undefined
    this.rate.setRate(this.#requestsPerSecond())
  }

  /** 0 leaves the rate as it is (consumer-proxy.md §10.3). */
  setAssignedShare(share: number): void {
    if (share <= 0) return
    this.#assignedShare = share
    this.rate.setRate(this.#requestsPerSecond())
  }

  /** `httpMaxTps`, else the rate of fetching: `maxTps` first, the share of `totalMaxTps` once partitions are assigned. */
  #requestsPerSecond(): number {
    const { httpMaxTps, maxTps, totalMaxTps } = this.config
    const share = this.#assignedShare ?? 1
    if (httpMaxTps > 0) return httpMaxTps * share
    if (this.#assignedShare === undefined && maxTps > 0) return maxTps
    return totalMaxTps > 0 ? totalMaxTps * share : Number.POSITIVE_INFINITY
  }
}
