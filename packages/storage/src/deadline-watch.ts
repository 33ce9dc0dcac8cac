/** Hot path: once per append. */
import type { Clock } from '@ddmq/common/clock'
import { type Linked, LinkedList } from '@ddmq/common/collections'

/** Something that must be answered by `dueMs` (monotonic); a member of the watch's list while it is watched. */
export abstract class Expiring implements Linked<Expiring> {
  readonly dueMs: number
  before: Expiring | undefined = undefined
  after: Expiring | undefined = undefined
  watched = false

  constructor(dueMs: number) {
    this.dueMs = dueMs
  }

  /** Called once, when it is due and still watched. */
  abstract expire(): void
}

/**
 * Watches deadlines with one timer for all: it is set for the earliest one and set anew only when it fires, so that a call
 * answered in time costs no timer of its own.
 */
export class DeadlineWatch {
  readonly #clock: Clock
  readonly #items = new LinkedList<Expiring>()
  #timerDueMs = Number.POSITIVE_INFINITY
  #cancelTimer: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(item: Expiring): void {
    item.watched = true
    this.#items.push(item)
    if (item.dueMs < this.#timerDueMs) this.#arm(item.dueMs)
  }

  delete(item: Expiring): void {
    if (!item.watched) return
    item.watched = false
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
    const due: Expiring[] = []
    let nextDueMs = Number.POSITIVE_INFINITY
    for (let item = this.#items.first; item !== undefined; item = item.after) {
      if (item.dueMs <= nowMs) due.push(item)
      else if (item.dueMs < nextDueMs) nextDueMs = item.dueMs
    }
    for (const item of due) {
      // Expiring one may have settled another.
      if (!item.watched) continue
      this.delete(item)
      item.expire()
    }
    if (nextDueMs < this.#timerDueMs) this.#arm(nextDueMs)
  }
}
