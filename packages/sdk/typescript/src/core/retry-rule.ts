import { isSuccess, ResultCode } from './result-code.ts'

/** What became of one attempt, as far as the client can know. */
export type AttemptOutcome =
  | { readonly kind: 'answered'; readonly code: number }
  /** Connect failed, or the frame was not written completely: the server cannot have acted. */
  | { readonly kind: 'not-sent' }
  /** The frame was written, no reply came: the server may have acted. */
  | { readonly kind: 'no-reply' }
  /** The endpoint does not know the method. */
  | { readonly kind: 'unknown-method' }
  /** The endpoint failed inside. */
  | { readonly kind: 'internal-error' }

/**
 * `never`: the same message cannot succeed. `at-once`: elsewhere, without a pause. `backoff`: elsewhere, after a pause.
 * `until-deadline`: after a pause, as long as the deadline allows, whatever `maxRetries` says (unless it is 0).
 * `if-unknown`: as `backoff`, when the caller accepts a possible duplicate.
 */
type Retry = 'never' | 'at-once' | 'backoff' | 'until-deadline' | 'if-unknown'

/** What the attempt says about the endpoint. */
export type HealthSignal = 'success' | 'soft-failure' | 'hard-failure' | 'draining'

export interface RetryRule {
  readonly retry: Retry
  readonly health: HealthSignal
  /** The message may be stored although this attempt did not confirm it. */
  readonly maybeStored: boolean
}

const DONE: RetryRule = { retry: 'never', health: 'success', maybeStored: false }
const SERVER_TROUBLE: RetryRule = { retry: 'backoff', health: 'soft-failure', maybeStored: false }

/** The answers that are worth another attempt; every other answer is final (sdk.md §19.2). */
const RULE_OF_CODE: Readonly<Record<number, RetryRule>> = {
  [ResultCode.UNKNOWN]: SERVER_TROUBLE,
  [ResultCode.NO_PRODUCER_FOR_CLUSTER]: SERVER_TROUBLE,
  [ResultCode.TIMEOUT]: { retry: 'backoff', health: 'soft-failure', maybeStored: true },
  [ResultCode.RATE_LIMITED]: { retry: 'until-deadline', health: 'success', maybeStored: false },
  [ResultCode.SHUTTING_DOWN]: { retry: 'at-once', health: 'draining', maybeStored: false },
}

const RULE_OF_KIND = {
  'not-sent': { retry: 'at-once', health: 'hard-failure', maybeStored: false },
  'no-reply': { retry: 'if-unknown', health: 'hard-failure', maybeStored: true },
  'unknown-method': { retry: 'never', health: 'success', maybeStored: false },
  'internal-error': { retry: 'backoff', health: 'soft-failure', maybeStored: true },
} satisfies Record<Exclude<AttemptOutcome['kind'], 'answered'>, RetryRule>

/** The one table of retries; the send loop has no rule of its own. */
export function ruleFor(outcome: AttemptOutcome): RetryRule {
  if (outcome.kind !== 'answered') return RULE_OF_KIND[outcome.kind]
  return isSuccess(outcome.code) ? DONE : (RULE_OF_CODE[outcome.code] ?? DONE)
}

/** May the same send succeed later without anybody changing anything? */
export function isRetriable(outcome: AttemptOutcome): boolean {
  return ruleFor(outcome).retry !== 'never'
}
