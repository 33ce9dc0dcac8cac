import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RequestRate } from '../../src/core/push/request-rate.ts'

/** Time without timers. */
class StepClock extends FakeClock {
  atMs = 0
  override monotonicMs(): number {
    return this.atMs
  }
}

/** Times at which requests start until `untilMs` when they take every chance, looking each `stepMs`. */
function starts(rate: RequestRate, clock: StepClock, untilMs: number, stepMs = 1): number[] {
  const times: number[] = []
  for (; clock.atMs < untilMs; clock.atMs += stepMs) {
    while (rate.waitMs() === 0) {
      rate.take()
      times.push(clock.atMs)
    }
  }
  return times
}

describe('request rate', () => {
  test('CP-52 T1 no more requests start than the rate allows, from the first second on, and almost as many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 50 }), (perSecond, stepMs) => {
        const clock = new StepClock()
        const count = starts(new RequestRate(perSecond, clock), clock, 5000, stepMs).length

        expect(count).toBeLessThanOrEqual(perSecond * 5 + 1)
        expect(count).toBeGreaterThanOrEqual(perSecond * 4.5 - 1)
      }),
      { numRuns: 50 },
    )
  })

  test('a rate below one per second still moves, slowed down or not', () => {
    const clock = new StepClock()
    const rate = new RequestRate(0.5, clock)
    expect(starts(rate, clock, 4001)).toEqual([0, 2000, 4000])

    rate.slowDown()

    expect(starts(rate, clock, 26_001)).toEqual([6000, 26_000])
  })

  test('CP-45 T2 a slow-down makes the next second of requests run at a tenth', () => {
    const clock = new StepClock()
    const rate = new RequestRate(10, clock)
    rate.slowDown()

    const slow = starts(rate, clock, 9901)
    const afterwards = starts(rate, clock, 20_000)

    expect(slow).toEqual([900, 1900, 2900, 3900, 4900, 5900, 6900, 7900, 8900, 9900])
    expect(afterwards.length).toBeGreaterThan(95)
  })

  test('T2 another slow-down prolongs it by one request', () => {
    const clock = new StepClock()
    const rate = new RequestRate(10, clock)
    rate.slowDown()
    rate.slowDown()

    expect(starts(rate, clock, 10_901)).toHaveLength(11)
  })

  test('no limit is no limit, and can get one later', () => {
    const clock = new StepClock()
    const rate = new RequestRate(Number.POSITIVE_INFINITY, clock)
    rate.slowDown()
    for (let count = 0; count < 1000; count += 1) rate.take()
    expect(rate.waitMs()).toBe(0)

    rate.setRate(2)

    expect(starts(rate, clock, 1001)).toEqual([0, 0, 500, 1000])
  })
})
