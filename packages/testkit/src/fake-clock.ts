import type { Clock } from '@ddmq/common/clock'

interface Timer {
  readonly dueMs: number
  readonly order: number
  readonly fire: () => void
}

/** A clock that stands still until a test moves it. `stepWall` moves only the wall clock, as an operator or NTP would. */
export class FakeClock implements Clock {
  #monotonicMs = 0
  #wallOffsetMs: number
  #timers: Timer[] = []
  #order = 0

  constructor(startMs = 1_700_000_000_000) {
    this.#wallOffsetMs = startMs
  }

  nowMs(): number {
    return this.#monotonicMs + this.#wallOffsetMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const cancel = this.schedule(ms, resolve)
      signal?.addEventListener('abort', () => (cancel(), reject(signal.reason)), { once: true })
    })
  }

  schedule(ms: number, callback: () => void): () => void {
    const timer: Timer = { dueMs: this.#monotonicMs + Math.max(0, ms), order: this.#order++, fire: callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter(other => other !== timer)
    }
  }

  /** Moves time forward, firing what falls due in order; lets promise callbacks run after each. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      const due = next
      this.#timers = this.#timers.filter(other => other !== due)
      this.#monotonicMs = due.dueMs
      due.fire()
      await settle()
    }
    this.#monotonicMs = untilMs
    await settle()
  }

  stepWall(ms: number): void {
    this.#wallOffsetMs += ms
  }

  #next(untilMs: number): Timer | undefined {
    return this.#timers
      .filter(timer => timer.dueMs <= untilMs)
      .toSorted((a, b) => a.dueMs - b.dueMs || a.order - b.order)
      .at(0)
  }
}

/** Lets everything that is ready run: promise callbacks and the I/O queue's turn. */
function settle(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
