import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limiterHoldMs } from '../../src/core/limiter-hold.ts'
import { TwoRateLimiter } from '../../src/core/rate-limit.ts'

describe('rate limit', () => {
  it('PP-52 R1 passes a burst of 100, the last 20 with a warning, and refuses the 101st', () => {
    const limiter = new TwoRateLimiter({ perSecond: 100, warningRatio: 0.8 }, new FakeClock())
    const admissions = Array.from({ length: 101 }, () => limiter.tryTake(1))
    expect(admissions.filter(admission => admission === 'passed')).toHaveLength(80)
    expect(admissions.slice(80, 100)).toEqual(Array(20).fill('warned'))
    expect(admissions[100]).toBe('refused')
  })

  it('lets the rate through in the long run', async () => {
    const clock = new FakeClock()
    const limiter = new TwoRateLimiter({ perSecond: 100, warningRatio: 0.8 }, clock)
    while (limiter.tryTake(1) !== 'refused') continue
    let passed = 0
    for (let step = 0; step < 100; step++) {
      await clock.advance(100)
      while (limiter.tryTake(1) !== 'refused') passed++
    }
    expect(passed).toBeGreaterThanOrEqual(998)
    expect(passed).toBeLessThanOrEqual(1_000)
  })

  it('PP-51 charges a batch with all its messages', async () => {
    const clock = new FakeClock()
    const limiter = new TwoRateLimiter({ perSecond: 50, warningRatio: 1 }, clock)
    expect(limiter.tryTake(100)).toBe('passed')
    await clock.advance(1_000)
    expect(limiter.tryTake(1)).toBe('refused')
    await clock.advance(1_000)
    expect(limiter.tryTake(50)).toBe('passed')
  })

  it('R2 keeps the reserve closed while a batch larger than the burst is paid back', async () => {
    const clock = new FakeClock()
    const limiter = new TwoRateLimiter({ perSecond: 100, warningRatio: 0.8 }, clock)
    expect(limiter.tryTake(160)).toBe('passed')
    expect(limiter.tryTake(1)).toBe('refused')
    await clock.advance(1_100)
    expect(limiter.tryTake(1)).toBe('passed')
  })

  it('PP-57 R3 applies a new rate without giving a fresh burst', async () => {
    const clock = new FakeClock()
    const limiter = new TwoRateLimiter({ perSecond: 10, warningRatio: 0.8 }, clock)
    while (limiter.tryTake(1) !== 'refused') continue
    limiter.setRate({ perSecond: 1_000, warningRatio: 0.8 })
    expect(limiter.tryTake(1)).toBe('refused')
    await clock.advance(100)
    expect(limiter.tryTake(80)).toBe('passed')
  })

  it.each([0, -5])('refuses everything at a limit of %i', perSecond => {
    const limiter = new TwoRateLimiter({ perSecond, warningRatio: 0.9 }, new FakeClock())
    expect(limiter.tryTake(1)).toBe('refused')
  })

  it('works without a reserve where the ratio is 1 or more', () => {
    const limiter = new TwoRateLimiter({ perSecond: 5, warningRatio: 1.5 }, new FakeClock())
    expect(Array.from({ length: 6 }, () => limiter.tryTake(1)).join(' ')).toBe(
      `${'passed '.repeat(5)}refused`,
    )
  })
})

describe('hold of a refused request', () => {
  it('PP-53 is 100 ms by default where the timeout leaves room', () => {
    expect(limiterHoldMs(-1, 200)).toBe(100)
    expect(limiterHoldMs(-1, 60)).toBe(50)
  })

  it('PP-54 does not exist at interval 0', () => {
    expect(limiterHoldMs(0, 10_000)).toBeUndefined()
  })

  it('PP-55 does not exist where the timeout is too short to wait', () => {
    expect(limiterHoldMs(-1, 15)).toBeUndefined()
    expect(limiterHoldMs(-1, 20)).toBeUndefined()
    expect(limiterHoldMs(-1, 21)).toBe(11)
  })

  it('is the interval where one is set, whatever the timeout', () => {
    expect(limiterHoldMs(250, 15)).toBe(250)
  })

  it('ends before the timeout by default, for every timeout', () => {
    fc.assert(
      fc.property(fc.integer(), timeoutMs => {
        const holdMs = limiterHoldMs(-1, timeoutMs)
        expect(holdMs === undefined || (holdMs > 0 && holdMs < timeoutMs)).toBe(true)
      }),
    )
  })
})
