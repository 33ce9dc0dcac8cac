import type { Clock } from '@ddmq/common/clock'

/**
 * Whether the coordinator may have given up on a member.
 *
 * M7 A member regards its partitions as lost when a session has passed since it sent what was answered last: at that
 *    moment, whatever it waits for, and before it asks anything more. From then on others may have them. Nothing puts
 *    this off but an answer of the coordinator. In particular, whoever says that nobody coordinates the group says it of
 *    himself, or of what he has heard of: another broker may have counted the session for a while, and one that starts
 *    counts before it listens.
 * M11 While a generation is formed it counts as an answer that the coordinator says so: it counts the session anew. But
 *    it also drops who has not joined when the time to join is over, and that began after the last answer from before.
 *    So what is answered meanwhile puts M7 off until then at most: a JOIN under way may never have arrived.
 */
export class SessionClock {
  readonly #clock: Clock
  readonly #times: { readonly sessionTimeoutMs: number; readonly rebalanceTimeoutMs: number }
  readonly #onOver: () => void
  #sinceMs = 0
  /** The same without what was answered while a generation was formed. */
  #settledMs = 0
  #isOver = true
  #isClosed = false
  #cancelTimer: () => void = () => undefined

  /** `onOver` is called once for each session that ends without `stop` or `close`. */
  constructor(
    clock: Clock,
    times: { readonly sessionTimeoutMs: number; readonly rebalanceTimeoutMs: number },
    onOver: () => void,
  ) {
    this.#clock = clock
    this.#times = times
    this.#onOver = onOver
  }

  /** Also before the first session. */
  get isOver(): boolean {
    this.#check()
    return this.#isOver
  }

  now(): number {
    return this.#clock.monotonicMs()
  }

  get #leftMs(): number {
    const { sessionTimeoutMs, rebalanceTimeoutMs } = this.#times
    const endMs = Math.min(this.#sinceMs + sessionTimeoutMs, this.#settledMs + rebalanceTimeoutMs)
    return endMs - this.now()
  }

  /**
   * The member is in the group by what it sent at `sentMs`, whatever became of it before. A session that is not over goes
   * on. A new one may be over at once: the answer may have waited for a process that was frozen.
   */
  begin(sentMs: number): void {
    if (this.#isClosed) return
    if (!this.isOver) return this.heard(sentMs)
    this.#sinceMs = sentMs
    this.#settledMs = sentMs
    this.#isOver = false
    this.#check()
    if (!this.#isOver) this.#schedule()
  }

  /** The coordinator answered what was sent at `sentMs`. Does not bring back a session that is over. */
  heard(sentMs: number): void {
    this.heardForming(sentMs)
    this.#settledMs = Math.max(this.#settledMs, sentMs)
  }

  /** The same, where a generation is being formed or may be (M11). */
  heardForming(sentMs: number): void {
    this.#check()
    this.#sinceMs = Math.max(this.#sinceMs, sentMs)
  }

  /** The session ends because somebody says so. */
  stop(): void {
    this.#cancelTimer()
    this.#isOver = true
  }

  /** The session ends because the member leaves; none begins after it, also by what is answered late. */
  close(): void {
    this.#isClosed = true
    this.stop()
  }

  /** A timer may fire early; and a process that was frozen may have much to do before its timers. */
  #check(): void {
    if (this.#isOver || this.#leftMs > 0) return
    this.stop()
    this.#onOver()
  }

  #schedule(): void {
    this.#cancelTimer = this.#clock.schedule(this.#leftMs, () => {
      this.#check()
      if (!this.#isOver) this.#schedule()
    })
  }
}
