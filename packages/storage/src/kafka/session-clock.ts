import type { Clock } from '@ddmq/common/clock'

/**
 * Whether the coordinator may have given up on a member.
 *
 * M7 A member that was not heard for its session timeout regards its partitions as lost, before it asks: after a freeze,
 *    or behind a broken network, others may have them. The time does not count while nobody coordinates the group:
 *    whoever takes over grants every member a whole session anew.
 */
export class SessionClock {
  readonly #clock: Clock
  readonly #timeoutMs: number
  #sinceMs: number

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
    this.#sinceMs = clock.monotonicMs()
  }

  get isExpired(): boolean {
    return this.#clock.monotonicMs() - this.#sinceMs > this.#timeoutMs
  }

  now(): number {
    return this.#clock.monotonicMs()
  }

  /** The coordinator answered what was sent at `sentMs`. */
  heard(sentMs: number): void {
    this.#sinceMs = Math.max(this.#sinceMs, sentMs)
  }

  /** It was found that nobody coordinates the group. */
  unserved(): void {
    if (!this.isExpired) this.#sinceMs = this.#clock.monotonicMs()
  }
}
