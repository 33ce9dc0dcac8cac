import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Verdict } from '../../src/core/push/push-response.ts'
import { NO_RETRIES, nextStep, type RetryRules, type Step } from '../../src/core/push/retry-policy.ts'

const verdict = fc.constantFrom<Verdict>(
  'errorRetry',
  'businessRetry',
  'freeRetry',
  'success',
  'slowDown',
  'badResponse',
)
const rules: fc.Arbitrary<RetryRules> = fc.record({
  maxRetry: fc.integer({ min: -1, max: 4 }),
  retryIntervals: fc.array(fc.integer({ min: -1, max: 500 }), { maxLength: 4 }),
})

/** Steps of one message that meets these verdicts; the last one may be a retry when they ran out. */
function follow(verdicts: readonly Verdict[], decided: RetryRules): Step[] {
  const steps: Step[] = []
  let state = NO_RETRIES
  for (const met of verdicts) {
    const step = nextStep(state, met, decided)
    steps.push(step)
    if (step.kind !== 'retry') break
    state = step.state
  }
  return steps
}

describe('retry policy', () => {
  test('R1 at most 1 + maxRetry attempts end in an error', () => {
    fc.assert(
      fc.property(fc.array(verdict, { maxLength: 40 }), rules, (verdicts, decided) => {
        const steps = follow(verdicts, decided)
        const errors = verdicts.slice(0, steps.length).filter(met => met === 'errorRetry').length

        expect(errors).toBeLessThanOrEqual(
          decided.maxRetry === -1 ? Number.POSITIVE_INFINITY : 1 + decided.maxRetry,
        )
      }),
    )
  })

  test('R3 R4 business retries follow the list, and other retries in between cost them nothing', () => {
    fc.assert(
      fc.property(fc.array(verdict, { maxLength: 40 }), rules, (verdicts, decided) => {
        const delays = follow(verdicts, decided).flatMap((step, index) =>
          step.kind === 'retry' && verdicts[index] === 'businessRetry' ? [step.delayMs] : [],
        )
        const end = decided.retryIntervals.indexOf(-1)
        const list = end === -1 ? decided.retryIntervals : decided.retryIntervals.slice(0, end)

        expect(delays.slice(0, list.length)).toEqual(list.slice(0, delays.length))
        const repeated = end === -1 ? [] : delays.slice(list.length).map(() => list.at(-1))
        expect(delays.slice(list.length)).toEqual(repeated)
      }),
    )
  })

  test('R5 only the last step is no retry, and a drop counts every attempt', () => {
    fc.assert(
      fc.property(fc.array(verdict, { minLength: 1, maxLength: 40 }), rules, (verdicts, decided) => {
        const steps = follow(verdicts, decided)
        const last = steps.at(-1)

        expect(steps.slice(0, -1).every(step => step.kind === 'retry')).toBe(true)
        expect(last).toMatchObject(last?.kind === 'dropped' ? { attempts: steps.length } : {})
      }),
    )
  })

  test('R2 an unlimited error budget doubles its pause up to 128 s', () => {
    const steps = follow(Array<Verdict>(10).fill('errorRetry'), { maxRetry: -1, retryIntervals: [] })

    expect(steps.map(step => (step.kind === 'retry' ? step.delayMs / 1000 : 0))).toEqual([
      1, 2, 4, 8, 16, 32, 64, 128, 128, 128,
    ])
  })

  test.each<[Verdict, string]>([
    ['errorRetry', 'errorRetriesExhausted'],
    ['businessRetry', 'businessRetriesExhausted'],
    ['freeRetry', 'businessRetriesExhausted'],
    ['badResponse', 'badResponse'],
    ['refused', 'actionFailed'],
  ])('CP-46 with maxRetry 0, %s drops the message: %s', (met, reason) => {
    expect(follow([met], { maxRetry: 0, retryIntervals: [100] })).toEqual([
      { kind: 'dropped', reason, attempts: 1 },
    ])
  })
})
