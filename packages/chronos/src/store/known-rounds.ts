import type { MessageName } from '@ddmq/storage/delay'
import type { RunPlace } from './scanned-run.ts'

export interface KnownRound extends RunPlace {
  readonly topic: string
  readonly round: number
  readonly dueMs: number
  /** Bodies and headers. */
  readonly bytes: number
}

/** More than are in flight at a time; a round that is forgotten is looked up. */
const MOST = 50_000

/**
 * Rounds that were read and have not changed since: what fires is nearly always one of them, and then needs no look-up when the
 * log says that it was fired.
 */
export class KnownRounds {
  readonly #rounds = new Map<MessageName, KnownRound>()

  get(name: MessageName): KnownRound | undefined {
    return this.#rounds.get(name)
  }

  set(name: MessageName, round: KnownRound): void {
    if (this.#rounds.size >= MOST) this.#rounds.clear()
    this.#rounds.set(name, round)
  }

  forget(name: MessageName): void {
    this.#rounds.delete(name)
  }
}
