import type { HealthSignal } from './retry-rule.ts'

/**
 * Health of one endpoint (sdk.md §19.2). `open` keeps it out of the choice until `untilMs`; then a connection is tried
 * (`probing`), and when that stands one real request decides (`half-open`).
 *
 * I1 an endpoint opens only after `HARD_LIMIT` hard or `SOFT_LIMIT` soft failures in a row, or by draining;
 * I2 a success closes it from any state but draining, and forgets the failures;
 * I3 the pause before a probe starts at `FIRST_PAUSE_MS` and doubles up to `MAX_PAUSE_MS`; only closing resets it;
 * I4 draining ends by itself after `DRAIN_MS`, with a probe.
 */
export type Circuit =
  | { readonly kind: 'closed'; readonly hard: number; readonly soft: number }
  | { readonly kind: 'open'; readonly untilMs: number; readonly pauseMs: number }
  | { readonly kind: 'probing'; readonly pauseMs: number }
  | { readonly kind: 'half-open'; readonly pauseMs: number }
  | { readonly kind: 'draining'; readonly untilMs: number }

export type CircuitEvent = HealthSignal | 'probe-started' | 'probe-connected' | 'probe-failed'

export const HARD_LIMIT = 3
export const SOFT_LIMIT = 10
export const FIRST_PAUSE_MS = 1000
export const MAX_PAUSE_MS = 15_000
export const DRAIN_MS = 5000

/** The state every endpoint begins in. */
export const CLOSED: Circuit = { kind: 'closed', hard: 0, soft: 0 }

/** The next state; the same object when nothing changes, so that the usual success allocates nothing. */
export function stepCircuit(state: Circuit, event: CircuitEvent, nowMs: number): Circuit {
  if (event === 'success') return state.kind === 'draining' || state === CLOSED ? state : CLOSED
  if (event === 'draining') return { kind: 'draining', untilMs: nowMs + DRAIN_MS }
  if (event === 'hard-failure' || event === 'soft-failure') return failed(state, event, nowMs)
  if (event === 'probe-started')
    return isProbeDue(state, nowMs) ? { kind: 'probing', pauseMs: pauseOf(state) } : state
  if (state.kind !== 'probing') return state
  return event === 'probe-connected'
    ? { kind: 'half-open', pauseMs: state.pauseMs }
    : reopened(state.pauseMs, nowMs)
}

export function isProbeDue(state: Circuit, nowMs: number): boolean {
  return (state.kind === 'open' || state.kind === 'draining') && state.untilMs <= nowMs
}

function failed(state: Circuit, event: 'hard-failure' | 'soft-failure', nowMs: number): Circuit {
  if (state.kind === 'half-open') return reopened(state.pauseMs, nowMs)
  if (state.kind !== 'closed') return state
  const hard = state.hard + (event === 'hard-failure' ? 1 : 0)
  const soft = state.soft + (event === 'soft-failure' ? 1 : 0)
  return hard >= HARD_LIMIT || soft >= SOFT_LIMIT
    ? opened(FIRST_PAUSE_MS, nowMs)
    : { kind: 'closed', hard, soft }
}

function opened(pauseMs: number, nowMs: number): Circuit {
  return { kind: 'open', untilMs: nowMs + pauseMs, pauseMs }
}

function reopened(pauseMs: number, nowMs: number): Circuit {
  return opened(Math.min(MAX_PAUSE_MS, pauseMs * 2), nowMs)
}

function pauseOf(state: Circuit): number {
  return state.kind === 'open' ? state.pauseMs : FIRST_PAUSE_MS
}
