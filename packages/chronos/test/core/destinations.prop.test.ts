import { StorageError } from '@ddmq/storage'
import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Destinations } from '../../src/core/destinations.ts'

/** Time without timers. */
class StepClock extends FakeClock {
  atMs = 0
  override monotonicMs(): number {
    return this.atMs
  }
}

const outcomes = fc.constantFrom('stored', 'unavailable', 'retriable', 'outcomeUnknown', 'tooLarge', 'lost')
const turns = fc.array(
  fc.record({
    waitMs: fc.integer({ min: 0, max: 20_000 }),
    topic: fc.constantFrom('a', 'b', 'c'),
    count: fc.integer({ min: 1, max: 2_000 }),
    outcome: outcomes,
  }),
  { maxLength: 80 },
)

test('CH-29 CH-31 whatever happens to a topic, its rounds go again in bounded time, and those of an untouched one at once', () => {
  fc.assert(
    fc.property(turns, fc.double({ min: 0, max: 1, noNaN: true }), (script, chance) => {
      const clock = new StepClock()
      const destinations = new Destinations({
        clock,
        settings: () => ({ seen: true, paused: false, maxTps: undefined }),
        shards: () => 3,
        random: () => chance,
      })
      for (const { waitMs, topic, count, outcome } of script) {
        clock.atMs += waitMs
        const admitted = destinations.admit(topic, count)
        expect(admitted).toBeLessThanOrEqual(count)
        expect(admitted > 0 || destinations.reasonOf(topic) !== undefined).toBe(true)
        if (admitted === 0) continue
        if (outcome === 'stored') destinations.succeeded(topic)
        else if (outcome !== 'lost') destinations.failed(topic, new StorageError(outcome, 'no'))
        expect(destinations.nextTryMs(topic)).toBeLessThanOrEqual(60_000)
        expect(destinations.admit('untouched', count)).toBe(count)
      }

      for (const topic of ['a', 'b', 'c']) {
        clock.atMs += destinations.nextTryMs(topic)
        expect(destinations.admit(topic, 10)).toBeGreaterThan(0)
        destinations.succeeded(topic)
        expect(destinations.nextTryMs(topic)).toBe(0)
      }
    }),
    { numRuns: 100 },
  )
})

test('CH-29 no more rounds go in any time than the share of the topic’s rate', () => {
  const waits = fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 60 })
  fc.assert(
    fc.property(
      waits,
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 1, max: 16 }),
      (script, tps, shards) => {
        const clock = new StepClock()
        const settings = { seen: true, paused: false, maxTps: tps }
        const destinations = new Destinations({
          clock,
          settings: () => settings,
          shards: () => shards,
          random: () => 0.5,
        })
        const share = tps / shards
        let fired = 0
        for (const waitMs of script) {
          clock.atMs += waitMs
          fired += destinations.admit('t', 10_000)
          expect(fired).toBeLessThanOrEqual((share * clock.atMs) / 1_000 + Math.max(share, 1) + 1e-6)
        }
      },
    ),
    { numRuns: 100 },
  )
})
