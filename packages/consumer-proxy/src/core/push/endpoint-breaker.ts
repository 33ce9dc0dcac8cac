export interface BreakerRules {
  /** So many attempts in a row without any response open the breaker. */
  readonly openAfterFailures: number
  readonly firstPauseMs: number
  readonly longestPauseMs: number
}

/** What an attempt was let through as; handed back with its result. */
export type Pass = 'normal' | 'probe'

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly untilMs: number; readonly pauseMs: number }
  | { readonly kind: 'probing'; readonly pauseMs: number }

/**
 * Keeps a dead endpoint from being called. A response with any status is a sign of life; only its absence counts.
 *
 * K1 Closed: everything passes. `openAfterFailures` failures without a response between them open it.
 * K2 Open: nothing passes until the pause is over; then one probe, alone.
 * K3 A response closes it, whoever got it. A failed probe opens it again for twice the pause, up to the longest.
 * K4 Failures of attempts that began before it opened change nothing.
 *
 * A message that waits here makes no attempt and spends no retry: a dead endpoint delays messages, it does not use them
 * up. The probes are attempts of real messages and do spend their budget.
 */
export class EndpointBreaker {
  readonly #rules: BreakerRules
  #state: State = { kind: 'closed' }
  #failures = 0

  constructor(rules: BreakerRules) {
    this.#rules = rules
  }

  get isClosed(): boolean {
    return this.#state.kind === 'closed'
  }

  /** 0: `enter` lets through now. Infinity: the result of the probe decides. */
  waitMs(nowMs: number): number {
    if (this.#state.kind === 'closed') return 0
    if (this.#state.kind === 'probing') return Number.POSITIVE_INFINITY
    return Math.max(0, this.#state.untilMs - nowMs)
  }

  /** Only when `waitMs` is 0. */
  enter(): Pass {
    if (this.#state.kind === 'closed') return 'normal'
    const { pauseMs } = this.#state
    this.#state = { kind: 'probing', pauseMs }
    return 'probe'
  }

  responded(): void {
    this.#failures = 0
    this.#state = { kind: 'closed' }
  }

  /** True when this failure opened the breaker. */
  failed(pass: Pass, nowMs: number): boolean {
    if (this.#state.kind === 'probing' && pass === 'probe') {
      const pauseMs = Math.min(this.#state.pauseMs * 2, this.#rules.longestPauseMs)
      this.#state = { kind: 'open', untilMs: nowMs + pauseMs, pauseMs }
      return true
    }
    if (this.#state.kind !== 'closed') return false
    this.#failures += 1
    if (this.#failures < this.#rules.openAfterFailures) return false
    const pauseMs = this.#rules.firstPauseMs
    this.#state = { kind: 'open', untilMs: nowMs + pauseMs, pauseMs }
    return true
  }
}
