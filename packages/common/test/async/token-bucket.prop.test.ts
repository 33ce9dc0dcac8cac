import { TokenBucket } from '@ddmq/common/async'
import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const rates = fc.oneof(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0.01, max: 50, noNaN: true }))

test('T1 in any window at most rate × seconds + burst leave the bucket', async () => {
  const steps = fc.array(
    fc.record({ waitMs: fc.integer({ min: 0, max: 3_000 }), count: fc.integer({ min: 1, max: 3 }) }),
    { maxLength: 60 },
  )
  await fc.assert(
    fc.asyncProperty(rates, steps, async (rate, script) => {
      const clock = new FakeClock()
      const bucket = new TokenBucket(rate, clock)
      const taken: { atMs: number; count: number }[] = []
      for (const { waitMs, count } of script) {
        await clock.advance(waitMs)
        const fits = count <= Math.max(rate, 1)
        if (fits && bucket.tryTake(count)) taken.push({ atMs: clock.monotonicMs(), count })
      }

      taken.forEach((first, from) => {
        let sum = 0
        for (const { atMs, count } of taken.slice(from)) {
          sum += count
          const seconds = (atMs - first.atMs) / 1_000
          expect(sum).toBeLessThanOrEqual(rate * seconds + Math.max(rate, 1) + 1e-6)
        }
      })
    }),
    { numRuns: 50 },
  )
})

test('T2 T3 after msUntil a take succeeds, however often it was refused before, also one larger than the burst', async () => {
  const counts = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(rates, counts, async (rate, script) => {
      const clock = new FakeClock()
      const bucket = new TokenBucket(rate, clock)
      for (const count of script) {
        const waitMs = bucket.msUntil(count)
        const refusals = [0, 1, 2].map(() => waitMs > 0 && bucket.tryTake(count))
        expect(refusals).toEqual([false, false, false])
        await clock.advance(waitMs)
        expect(bucket.tryTake(count)).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})

test('a rate of 0 refuses everything and Infinity nothing', () => {
  const clock = new FakeClock()
  const closed = new TokenBucket(0, clock)
  const open = new TokenBucket(Infinity, clock)

  expect([closed.tryTake(), closed.msUntil()]).toEqual([false, Infinity])
  expect([open.tryTake(1e9), open.msUntil(1e9)]).toEqual([true, 0])
})

test('a new rate applies at once and keeps no more than its own burst', async () => {
  const clock = new FakeClock()
  const bucket = new TokenBucket(100, clock)

  bucket.setRate(2)
  expect([bucket.tryTake(2), bucket.tryTake(1)]).toEqual([true, false])
  await clock.advance(500)
  expect(bucket.tryTake(1)).toBe(true)
  bucket.setRate(0)
  expect(bucket.tryTake()).toBe(false)
  bucket.setRate(3)
  expect(bucket.tryTake(3)).toBe(true)
  bucket.setRate(Infinity)
  expect(bucket.tryTake(1e9)).toBe(true)
  bucket.setRate(1)
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false])
})

test.each([-1, Number.NaN])('a rate of %d is refused', rate => {
  expect(() => new TokenBucket(rate, new FakeClock())).toThrow(RangeError)
})

test('takeUpTo takes what is there, as many single takes would', async () => {
  const counts = fc.array(
    fc.record({ waitMs: fc.integer({ min: 0, max: 3_000 }), count: fc.integer({ min: 0, max: 100 }) }),
    { maxLength: 30 },
  )
  await fc.assert(
    fc.asyncProperty(rates, counts, async (rate, script) => {
      const clock = new FakeClock()
      const [together, single] = [new TokenBucket(rate, clock), new TokenBucket(rate, clock)]
      for (const { waitMs, count } of script) {
        await clock.advance(waitMs)
        let taken = 0
        while (taken < count && single.tryTake()) taken++
        expect(together.takeUpTo(count)).toBe(taken)
      }
      expect(new TokenBucket(Infinity, clock).takeUpTo(7)).toBe(7)
    }),
    { numRuns: 50 },
  )
})
