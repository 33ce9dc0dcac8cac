/** Hot path: once per append. */
import type { Clock } from '@ddmq/common/clock'

/** Something that must be answered by `dueMs` (monotonic). */
export interface Expiring {
  readonly dueMs: number
  /** Called once, when it is due and still watched. */
  expire(): void
}

/**
 * Watches deadlines with one timer for all: it is set for the earliest one and set anew only when it fires, so that a call
 * answered in time costs no timer of its own.
 */
export class DeadlineWatch {
  readonly #clock: Clock
  readonly #items = new Set<Expiring>()
  #timerDueMs = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(item: Expiring): void {
    this.#items.add(item)
    if (item.dueMs < this.#timerDueMs) this.#arm(item.dueMs)
  }

  delete(item: Expiring): void {
    this.#items.delete(item)
  }

  /** Expires everything at once. */
  expireAll(): void {
    this.#expire(Number.POSITIVE_INFINITY)
  }

  #arm(dueMs: number): void {
    this.#cancelTimer?.()
    this.#timerDueMs = dueMs
    this.#cancelTimer = this.#clock.schedule(
      Math.max(1, Math.ceil(dueMs - this.#clock.monotonicMs())),
      () => {
        this.#cancelTimer = undefined
        this.#expire(this.#clock.monotonicMs())
      },
    )
  }

  #expire(nowMs: number): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#timerDueMs = Number.POSITIVE_INFINITY
    let nextDueMs = Number.POSITIVE_INFINITY
    for (const item of this.#items) {
      if (item.dueMs <= nowMs) {
        this.#items.delete(item)
        item.expire()
      } else if (item.dueMs < nextDueMs) nextDueMs = item.dueMs
    }
    if (nextDueMs < this.#timerDueMs) this.#arm(nextDueMs)
  }
}
