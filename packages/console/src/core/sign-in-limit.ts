/**
 * Slows down guessing of passwords.
 *
 * L1 After `MAX_TRIES` tries of one key within the window, further ones are refused until the window has passed since
 *    the first of them. A try counts before its password is checked, so that many at once do not slip through.
 * L2 A success forgets the tries of the key.
 * L3 At most `MAX_KEYS` keys are held: the oldest gives way.
 */
export class SignInLimit {
  #tries = new Map<string, { sinceMs: number; count: number }>()

  /** Milliseconds until the key may try again; 0 when it may now. */
  waitMs(key: string, nowMs: number): number {
    const entry = this.#tries.get(key)
    if (entry === undefined || entry.count < MAX_TRIES) return 0
    return Math.max(0, entry.sinceMs + WINDOW_MS - nowMs)
  }

  tried(key: string, nowMs: number): void {
    const entry = this.#tries.get(key)
    if (entry !== undefined && nowMs - entry.sinceMs < WINDOW_MS) {
      entry.count += 1
      return
    }
    this.#tries.delete(key)
    this.#tries.set(key, { sinceMs: nowMs, count: 1 })
    if (this.#tries.size > MAX_KEYS) {
      const [oldest] = this.#tries.keys()
      if (oldest !== undefined) this.#tries.delete(oldest)
    }
  }

  succeeded(key: string): void {
    this.#tries.delete(key)
  }
}

const MAX_TRIES = 10
const WINDOW_MS = 5 * 60_000
const MAX_KEYS = 10_000
