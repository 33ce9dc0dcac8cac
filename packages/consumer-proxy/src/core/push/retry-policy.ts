import type { DropReason } from '../job.ts'
import { businessRetryDelay } from '../retry-policy.ts'
import type { Verdict } from './push-response.ts'

/** The part of a subscription that decides about another attempt; read anew at each decision. */
export interface RetryRules {
  /** Error retries; −1 without limit. */
  readonly maxRetry: number
  /** Milliseconds; a −1 repeats the interval before it for ever. */
  readonly retryIntervals: readonly number[]
}

/** Budgets a message has used up. Starts as `NO_RETRIES`. */
export interface RetryState {
  /** Moves the message to the next URL, too. */
  readonly errors: number
  readonly businessRetries: number
  /** Attempts made, including the one judged. */
  readonly attempts: number
}

export const NO_RETRIES: RetryState = { errors: 0, businessRetries: 0, attempts: 0 }

export type Step =
  | { readonly kind: 'consumed' }
  | { readonly kind: 'retry'; readonly delayMs: number; readonly state: RetryState }
  | { readonly kind: 'dropped'; readonly reason: DropReason; readonly attempts: number }

const ERROR_BASE_MS = 1000
const MAX_DOUBLINGS = 7
const FREE_RETRY_MS = 1000

/**
 * What follows an attempt (consumer-proxy.md §13.3).
 *
 * R1 Only errors spend the error budget; at most 1 + maxRetry attempts end in an error.
 * R2 The n-th error waits 1 s × 2^min(n, 7), n from 0.
 * R3 Business retries use `retryIntervals` one by one, and only while the error budget is not used up; so `maxRetry` 0
 *    switches them and the free retry off.
 * R4 A free retry spends nothing.
 * R5 Every drop carries the number of attempts made.
 */
export function nextStep(state: RetryState, verdict: Verdict, rules: RetryRules): Step {
  const tried = { ...state, attempts: state.attempts + 1 }
  if (verdict === 'success' || verdict === 'slowDown') return { kind: 'consumed' }
  if (verdict === 'badResponse') return dropped('badResponse', tried)
  if (verdict === 'refused') return dropped('actionFailed', tried)
  const mayRetry = rules.maxRetry === -1 || state.errors < rules.maxRetry
  if (verdict === 'errorRetry') {
    return mayRetry ? retryAfterError(tried) : dropped('errorRetriesExhausted', tried)
  }
  const delayMs =
    verdict === 'freeRetry' ? FREE_RETRY_MS : businessRetryDelay(rules.retryIntervals, state.businessRetries)
  if (!mayRetry || delayMs === undefined) return dropped('businessRetriesExhausted', tried)
  const spent = verdict === 'freeRetry' ? 0 : 1
  return { kind: 'retry', delayMs, state: { ...tried, businessRetries: state.businessRetries + spent } }
}

function retryAfterError(tried: RetryState): Step {
  const delayMs = ERROR_BASE_MS * 2 ** Math.min(tried.errors, MAX_DOUBLINGS)
  return { kind: 'retry', delayMs, state: { ...tried, errors: tried.errors + 1 } }
}

function dropped(reason: DropReason, { attempts }: RetryState): Step {
  return { kind: 'dropped', reason, attempts }
}
