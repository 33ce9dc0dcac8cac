import type { BudgetShare, TokenBucket } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import type { ActionChain } from '../core/actions/action-chain.ts'
import type { Subscription } from '../core/subscription.ts'
import type { PartitionLane } from './partition-lane.ts'

/**
 * What the lanes of one topic share: the subscription, its chain, the permits of `concurrency`, the rate
 * (consumer-proxy.md §10) and their part of the byte budget. Hot.
 *
 * I1 `inFlight` is the number of started and unfinished messages of the topic on this proxy; no message starts while it
 *    is at `concurrency`.
 * I2 A lane that could not go on for want of a permit, of lag, of rate or of bytes goes on when that changes.
 * I3 Topics draw on shares of their own: messages of one that nobody takes do not keep those of another from being read.
 */
export class TopicIntake {
  readonly budget: BudgetShare
  readonly #clock: Clock
  readonly #rate: TokenBucket
  readonly #onRoom: () => void
  readonly lanes = new Set<PartitionLane>()
  #subscription: Subscription
  #chain: ActionChain
  #inFlight = 0
  #starved = false
  #goesOn = false
  #rateTimerArmed = false
  #awaitsBytes = false

  constructor(
    route: { readonly subscription: Subscription; readonly chain: ActionChain },
    clock: Clock,
    limits: { readonly rate: TokenBucket; readonly budget: BudgetShare },
    onRoom: () => void,
  ) {
    this.#subscription = route.subscription
    this.#chain = route.chain
    this.#clock = clock
    this.#rate = limits.rate
    this.budget = limits.budget
    this.#onRoom = onRoom
  }

  get subscription(): Subscription {
    return this.#subscription
  }

  get chain(): ActionChain {
    return this.#chain
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** The chain is for messages started from now on; limits and retries apply to those under way, too. */
  update(subscription: Subscription, chain: ActionChain): void {
    this.#subscription = subscription
    this.#chain = chain
    this.#goOn()
  }

  /** This proxy's share of the topic's partitions, of which it has the same share of the rate. */
  setShare(share: number): void {
    const { totalMaxTps } = this.#subscription.config
    if (totalMaxTps > 0) this.#rate.setRate(totalMaxTps * share)
  }

  /** Is there a permit? A caller that is told no is woken when there is one. */
  hasRoom(): boolean {
    if (this.#inFlight < this.#subscription.config.concurrency) return true
    this.#starved = true
    return false
  }

  /** Has the topic's share of the byte budget room? A caller that is told no is woken when it has. */
  hasBytes(): boolean {
    if (this.budget.hasRoom) return true
    if (!this.#awaitsBytes) {
      this.#awaitsBytes = true
      this.budget.onAvailable(() => {
        this.#awaitsBytes = false
        this.#onRoom()
      })
    }
    return false
  }

  /** The lane waits for one of its own messages (lag limit). */
  starve(): void {
    this.#starved = true
  }

  /** Takes a permit and a token, or neither. */
  tryAdmit(): boolean {
    if (!this.hasRoom()) return false
    if (!this.#rate.tryTake()) {
      this.#armRateTimer()
      return false
    }
    this.#inFlight += 1
    return true
  }

  release(count: number): void {
    this.#inFlight -= count
    if (!this.#starved || this.#goesOn) return
    this.#goesOn = true
    // What one call confirms is released in one turn: the lanes go on once, after the last of it.
    queueMicrotask(() => {
      this.#goesOn = false
      this.#goOn()
    })
  }

  #goOn(): void {
    this.#starved = false
    for (const lane of this.lanes) lane.pump()
    this.#rotate()
    this.#onRoom()
  }

  /** Another lane is first next time, so that one with a backlog does not take every permit. */
  #rotate(): void {
    for (const first of this.lanes) {
      this.lanes.delete(first)
      this.lanes.add(first)
      return
    }
  }

  #armRateTimer(): void {
    if (this.#rateTimerArmed) return
    this.#rateTimerArmed = true
    this.#clock.schedule(Math.max(1, this.#rate.msUntil()), () => {
      this.#rateTimerArmed = false
      this.#goOn()
    })
  }
}
