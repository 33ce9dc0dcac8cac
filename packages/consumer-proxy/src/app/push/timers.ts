import type { Clock } from '@ddmq/common/clock'

/** A longer timer would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** Timers that end together. */
export class Timers {
  readonly #clock: Clock
  readonly #cancels = new Set<() => void>()
  #stopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs it once, unless it is cancelled by what is returned, or `stop` comes before. */
  later(ms: number, run: () => void): () => void {
    if (this.#stopped) return () => undefined
    const cancel = this.#clock.schedule(Math.min(ms, MAX_TIMER_MS), () => {
      this.#cancels.delete(cancel)
      run()
    })
    this.#cancels.add(cancel)
    return () => {
      this.#cancels.delete(cancel)
      cancel()
    }
  }

  /** None runs any more, and none begins. */
  stop(): void {
    this.#stopped = true
    for (const cancel of this.#cancels) cancel()
    this.#cancels.clear()
  }
}
