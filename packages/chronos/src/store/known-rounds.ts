import type { MessageName } from '@ddmq/storage/delay'
import type { RunPlace } from './scanned-run.ts'

export interface KnownRound extends RunPlace {
  readonly topic: string
  readonly round: number
  readonly dueMs: number
  /** Bodies and headers. */
  readonly bytes: number
}

/**
 * Rounds that were read and have not changed since: what fires is nearly always one of them, and then needs no look-up when the
 * log says that it was fired. Those of the last two scans; a round that is forgotten is looked up.
 */
export class KnownRounds {
  #latest = new Map<MessageName, KnownRound>()
  #before = new Map<MessageName, KnownRound>()

  /** A scan begins. Its rounds go into a map of their own: one that lives on hands down what it held (see `Bag`). */
  begin(): void {
    this.#before = this.#latest
    this.#latest = new Map()
  }

  get(name: MessageName): KnownRound | undefined {
    return this.#latest.get(name) ?? this.#before.get(name)
  }

  set(name: MessageName, round: KnownRound): void {
    this.#latest.set(name, round)
  }

  forget(name: MessageName): void {
    this.#latest.delete(name)
    this.#before.delete(name)
  }
}
