/**
 * Slows down guessing of passwords.
 *
 * L1 After `MAX_FAILURES` failures of one key within the window, further tries are refused until the window has passed
 *    since its first failure.
 * L2 A success forgets the failures of the key.
 * L3 At most `MAX_KEYS` keys are held: the oldest gives way.
 */
export class SignInLimit {
  #failures = new Map<string, { sinceMs: number; count: number }>()

  /** Milliseconds until the key may try again; 0 when it may now. */
  waitMs(key: string, nowMs: number): number {
    const entry = this.#failures.get(key)
    if (entry === undefined || entry.count < MAX_FAILURES) return 0
    return Math.max(0, entry.sinceMs + WINDOW_MS - nowMs)
  }

  failed(key: string, nowMs: number): void {
    const entry = this.#failures.get(key)
    if (entry !== undefined && nowMs - entry.sinceMs < WINDOW_MS) {
      entry.count += 1
      return
    }
    this.#failures.delete(key)
    this.#failures.set(key, { sinceMs: nowMs, count: 1 })
    if (this.#failures.size > MAX_KEYS) {
      const [oldest] = this.#failures.keys()
      if (oldest !== undefined) this.#failures.delete(oldest)
    }
  }

  succeeded(key: string): void {
    this.#failures.delete(key)
  }
}

const MAX_FAILURES = 10
const WINDOW_MS = 5 * 60_000
const MAX_KEYS = 10_000
