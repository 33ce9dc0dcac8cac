import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RequestRate } from '../../src/core/push/request-rate.ts'

/** Times at which requests start within `spanMs` when they take every chance, looking each `stepMs`. */
function starts(rate: RequestRate, spanMs: number, stepMs = 1): number[] {
  const times: number[] = []
  for (let nowMs = 0; nowMs < spanMs; nowMs += stepMs) {
    while (rate.waitMs(nowMs) === 0) {
      rate.take()
      times.push(nowMs)
    }
  }
  return times
}

describe('request rate', () => {
  test('CP-52 T1 no more requests start than rate and burst allow, and almost as many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 50 }), (perSecond, stepMs) => {
        const count = starts(new RequestRate(perSecond, 0), 5000, stepMs).length

        expect(count).toBeLessThanOrEqual(perSecond * 5 + 1)
        expect(count).toBeGreaterThanOrEqual(perSecond * 4.5 - 1)
      }),
      { numRuns: 50 },
    )
  })

  test('T1 a rate below one per second still moves', () => {
    expect(starts(new RequestRate(0.5, 0), 6001)).toEqual([0, 2000, 4000, 6000])
  })

  test('T1 saves up no more than one second of rest', () => {
    const rate = new RequestRate(10, 0)

    expect(rate.waitMs(3_600_000)).toBe(0)
    let burst = 0
    for (; rate.waitMs(3_600_000) === 0; burst += 1) rate.take()
    expect(burst).toBe(10)
  })

  test('CP-45 T2 a slow-down makes the next second of requests run at a tenth', () => {
    const rate = new RequestRate(10, 0)
    rate.slowDown()

    const times = starts(rate, 20_000)

    expect(times.filter(time => time < 9000)).toHaveLength(9)
    expect(times.filter(time => time >= 10_000).length).toBeGreaterThan(90)
  })

  test('T2 another slow-down prolongs it by one request', () => {
    const rate = new RequestRate(10, 0)
    rate.slowDown()
    rate.slowDown()

    expect(starts(rate, 10_001).slice(0, 11)).toEqual([
      0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000,
    ])
  })

  test('no limit is no limit, and can get one later', () => {
    const rate = new RequestRate(Number.POSITIVE_INFINITY, 0)
    rate.slowDown()
    for (let count = 0; count < 1000; count += 1) rate.take()
    expect(rate.waitMs(0)).toBe(0)

    rate.setRate(2, 0)

    expect(starts(rate, 1000)).toEqual([0, 500])
  })
})
