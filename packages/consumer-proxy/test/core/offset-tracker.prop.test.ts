import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OffsetTracker } from '../../src/core/offset-tracker.ts'

/** What the tracker says, the slow way. */
class NaiveTracker {
  readonly #unfinished = new Set<number>()
  #next: number

  constructor(position: number) {
    this.#next = position
  }

  get committable(): number {
    return Math.min(this.#next, ...this.#unfinished)
  }

  get next(): number {
    return this.#next
  }

  start(offset: number): void {
    this.#unfinished.add(offset)
    this.#next = offset + 1
  }

  skipTo(offset: number): void {
    this.#next = Math.max(this.#next, offset)
  }

  finish(offset: number): boolean {
    return this.#unfinished.delete(offset)
  }
}

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('start' as const), gap: fc.nat({ max: 3 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('finish' as const), back: fc.nat({ max: 200 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('skip' as const), gap: fc.nat({ max: 5 }) }) },
)

type Step = { kind: 'start' | 'skip'; gap: number } | { kind: 'finish'; back: number }

function applyTo(tracker: OffsetTracker | NaiveTracker, action: Step, next: number): boolean | void {
  if (action.kind === 'finish') return tracker.finish(next - 1 - action.back)
  if (action.kind === 'start') return tracker.start(next + action.gap)
  return tracker.skipTo(next + action.gap)
}

test('T1–T4: the tracker answers every history as the naive one does', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1e9 }), fc.array(step, { maxLength: 400 }), (position, steps) => {
      const tracker = new OffsetTracker(position)
      const naive = new NaiveTracker(position)
      let before = tracker.committable
      for (const action of steps) {
        expect(applyTo(tracker, action, naive.next)).toBe(applyTo(naive, action, naive.next))
        expect(tracker.committable).toBe(naive.committable)
        expect(tracker.span).toBe(naive.next - naive.committable)
        expect(tracker.committable).toBeGreaterThanOrEqual(before)
        before = tracker.committable
      }
    }),
    { numRuns: 300 },
  )
})

test('CP-37 the committable offset is the lowest unfinished one, then the one after the last', () => {
  const tracker = new OffsetTracker(5)
  for (const offset of [5, 6, 7]) tracker.start(offset)
  tracker.finish(6)
  tracker.finish(7)
  expect(tracker.committable).toBe(5)
  tracker.finish(5)
  expect(tracker.committable).toBe(8)
})

test('T4: finishing an offset twice, or one that never started, changes nothing', () => {
  const tracker = new OffsetTracker(0)
  tracker.start(3)
  expect(tracker.finish(2)).toBe(false)
  expect(tracker.finish(3)).toBe(true)
  expect(tracker.finish(3)).toBe(false)
  expect(tracker.committable).toBe(4)
})
