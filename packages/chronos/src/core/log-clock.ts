/** One record of ours in the log. `sentAtMs` and `seenAtMs` are steady time: it was appended in between. */
export interface AppendWitness {
  /** Append time, by the log's clock. */
  readonly logTimeMs: number
  readonly sentAtMs: number
  readonly seenAtMs: number
}

interface Bounds {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * What is known of the log's clock: by how much it is ahead of steady time, between two bounds.
 *
 * L1 One witness bounds it on both sides, as loosely as the append took. Witnesses that agree make it tighter.
 * L2 Where a witness contradicts what was known, the log's clock has changed (another leader, a step, drift): the newest holds.
 */
export class LogClock {
  #bounds: Bounds | undefined

  /** Undefined before the first witness. */
  get bounds(): Bounds | undefined {
    return this.#bounds
  }

  witness({ logTimeMs, sentAtMs, seenAtMs }: AppendWitness): void {
    const minMs = logTimeMs - seenAtMs
    const maxMs = logTimeMs - sentAtMs
    const known = this.#bounds
    if (known === undefined || minMs > known.maxMs || maxMs < known.minMs) this.#bounds = { minMs, maxMs }
    else this.#bounds = { minMs: Math.max(minMs, known.minMs), maxMs: Math.min(maxMs, known.maxMs) }
  }
}
