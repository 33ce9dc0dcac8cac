import { TokenBucket } from '@ddmq/common/async'
import type { Clock } from '@ddmq/common/clock'
import type { StorageError } from '@ddmq/storage'
import { isRefusal } from './verdict.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000
/** A probe whose result nobody reported, because its owner began anew, is not waited for any longer. */
const PROBE_PATIENCE_MS = 60_000
/** Beyond any batch. */
const FULL_WIDTH = 4_096

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly untilMs: number; readonly pauseMs: number; readonly reason: string }
  | { readonly kind: 'probing'; readonly untilMs: number; readonly pauseMs: number; readonly reason: string }

export interface DestinationOptions {
  readonly clock: Clock
  /** 0 to 1. */
  readonly random: () => number
}

/**
 * One topic that rounds of one shard go to: how many may go now. Times are of the monotonic clock.
 *
 * D1 Closed: as many as its rate allows.
 * D2 A failure opens it: nothing goes until the pause is over, then one round alone as a probe. A failed probe doubles the pause:
 *    0.5 s to 60 s, each by chance between half of it and the whole.
 * D3 A success closes it, and lets twice as many go as the last time, until there is no such limit.
 * D4 A refusal is the fault of a round, not of the topic: it does not open it, but halves how many go, until one goes alone and
 *    is known to be the one.
 */
export class Destination {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #bucket: TokenBucket
  #state: State = { kind: 'closed' }
  #width = Number.POSITIVE_INFINITY
  #admitted = 0

  constructor({ clock, random }: DestinationOptions) {
    this.#clock = clock
    this.#random = random
    this.#bucket = new TokenBucket(Number.POSITIVE_INFINITY, clock)
  }

  /** Rounds per second. */
  setRate(perSecond: number): void {
    this.#bucket.setRate(perSecond)
  }

  admit(count: number): number {
    if (count <= 0 || this.waitMs() > 0) return 0
    const probes = this.#state.kind !== 'closed'
    const taken = this.#bucket.takeUpTo(probes ? 1 : Math.min(count, this.#width))
    if (taken === 0) return 0
    if (this.#state.kind !== 'closed') this.#probe(this.#state)
    this.#admitted = taken
    return taken
  }

  /** Until `admit(1)` admits one; 0 now. */
  waitMs(): number {
    const pauseMs =
      this.#state.kind === 'closed' ? 0 : Math.max(0, this.#state.untilMs - this.#clock.monotonicMs())
    return Math.max(pauseMs, this.#bucket.msUntil(1))
  }

  failed(error: StorageError): void {
    if (isRefusal(error.kind)) {
      this.#state = { kind: 'closed' }
      this.#width = Math.max(1, Math.floor(this.#admitted / 2))
      return
    }
    const pauseMs =
      this.#state.kind === 'closed' ? FIRST_PAUSE_MS : Math.min(LONGEST_PAUSE_MS, this.#state.pauseMs * 2)
    const untilMs = this.#clock.monotonicMs() + (pauseMs * (1 + this.#random())) / 2
    this.#state = { kind: 'open', untilMs, pauseMs, reason: `${error.kind}: ${error.message}` }
    this.#width = 1
  }

  succeeded(): void {
    this.#state = { kind: 'closed' }
    if (this.#width < FULL_WIDTH) this.#width *= 2
    if (this.#width >= FULL_WIDTH) this.#width = Number.POSITIVE_INFINITY
  }

  /** It failed, or refused a round, and has not taken many at once again since. */
  get isCautious(): boolean {
    return this.#state.kind !== 'closed' || this.#width !== Number.POSITIVE_INFINITY
  }

  /** Why nothing goes, or nothing but a probe. */
  get reason(): string | undefined {
    if (this.#state.kind !== 'closed') return this.#state.reason
    const { perSecond } = this.#bucket
    return this.#bucket.msUntil(1) > 0 ? `over its rate: ${rounded(perSecond)}/s of this shard` : undefined
  }

  #probe({ pauseMs, reason }: Exclude<State, { readonly kind: 'closed' }>): void {
    this.#state = {
      kind: 'probing',
      untilMs: this.#clock.monotonicMs() + PROBE_PATIENCE_MS,
      pauseMs,
      reason,
    }
  }
}

function rounded(perSecond: number): number {
  return Math.round(perSecond * 100) / 100
}
