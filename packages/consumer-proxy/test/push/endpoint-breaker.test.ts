import { describe, expect, test } from 'vitest'
import { EndpointBreaker, type Pass } from '../../src/core/push/endpoint-breaker.ts'

const RULES = { openAfterFailures: 3, firstPauseMs: 1000, longestPauseMs: 3000 }

function opened(nowMs = 0): EndpointBreaker {
  const breaker = new EndpointBreaker(RULES)
  for (let count = 0; count < RULES.openAfterFailures; count += 1) breaker.failed('normal', nowMs)
  return breaker
}

describe('endpoint breaker', () => {
  test('K1 opens after failures in a row, not before, and tells when', () => {
    const breaker = new EndpointBreaker(RULES)

    const told = [breaker.failed('normal', 0), breaker.failed('normal', 0)]
    breaker.responded()
    told.push(breaker.failed('normal', 0), breaker.failed('normal', 0))
    expect(breaker.waitMs(0)).toBe(0)
    told.push(breaker.failed('normal', 0))

    expect(told).toEqual([false, false, false, false, true])
    expect(breaker.waitMs(0)).toBe(1000)
  })

  test('K2 lets one probe through after the pause', () => {
    const breaker = opened()
    expect(breaker.waitMs(999)).toBe(1)
    expect(breaker.waitMs(1000)).toBe(0)

    expect(breaker.enter()).toBe<Pass>('probe')

    expect(breaker.waitMs(50_000)).toBe(Number.POSITIVE_INFINITY)
  })

  test('K3 a failed probe doubles the pause up to the longest', () => {
    const breaker = opened()
    const pauses: number[] = []
    for (let nowMs = 0, round = 0; round < 4; round += 1) {
      const pauseMs = breaker.waitMs(nowMs)
      pauses.push(pauseMs)
      nowMs += pauseMs
      expect(breaker.failed(breaker.enter(), nowMs)).toBe(true)
    }

    expect(pauses).toEqual([1000, 2000, 3000, 3000])
  })

  test('K3 a response closes it, even a late one', () => {
    const breaker = opened()

    breaker.responded()

    expect(breaker.waitMs(0)).toBe(0)
    expect(breaker.enter()).toBe<Pass>('normal')
  })

  test('K4 late failures change nothing, neither while it is open nor while it probes', () => {
    const breaker = opened()
    expect(breaker.failed('normal', 900)).toBe(false)
    expect(breaker.waitMs(1000)).toBe(0)

    breaker.enter()
    expect(breaker.failed('normal', 1500)).toBe(false)

    expect(breaker.waitMs(1500)).toBe(Number.POSITIVE_INFINITY)
  })
})
