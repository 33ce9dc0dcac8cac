import { expect, test } from 'vitest'
import { type AttemptOutcome, isRetriable, type RetryRule, ruleFor } from '../src/core/retry-rule.ts'

const answered = (code: number): AttemptOutcome => ({ kind: 'answered', code })
const final: RetryRule = { retry: 'never', health: 'success', maybeStored: false }

test.each([0, -1, 1])('the code %i is a success', code => {
  expect(ruleFor(answered(code))).toEqual(final)
})

test.each([11, 13, 14, 18, 19, 30, 31, 32, 33, 34, 35, 36, 37, 38])(
  'SD-29 the caller error %i is never retried and says nothing against the endpoint',
  code => {
    expect(ruleFor(answered(code))).toEqual(final)
    expect(isRetriable(answered(code))).toBe(false)
  },
)

test.each<[string, AttemptOutcome, RetryRule]>([
  ['15 rate limited', answered(15), { retry: 'until-deadline', health: 'success', maybeStored: false }],
  ['12 timeout', answered(12), { retry: 'backoff', health: 'soft-failure', maybeStored: true }],
  ['10 unknown', answered(10), { retry: 'backoff', health: 'soft-failure', maybeStored: false }],
  ['21 no producer', answered(21), { retry: 'backoff', health: 'soft-failure', maybeStored: false }],
  ['20 shutting down', answered(20), { retry: 'at-once', health: 'draining', maybeStored: false }],
  ['nothing sent', { kind: 'not-sent' }, { retry: 'at-once', health: 'hard-failure', maybeStored: false }],
  ['no reply', { kind: 'no-reply' }, { retry: 'if-unknown', health: 'hard-failure', maybeStored: true }],
  ['unknown method', { kind: 'unknown-method' }, final],
  [
    'internal error',
    { kind: 'internal-error' },
    { retry: 'backoff', health: 'soft-failure', maybeStored: true },
  ],
])('the row "%s" of the retry table holds', (_, outcome, rule) => {
  expect(ruleFor(outcome)).toEqual(rule)
})

test('a code no server of today answers is final', () => {
  expect(ruleFor(answered(99))).toEqual(final)
})
