import { testLogger } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClockGuard } from '../../src/core/clock-guard.ts'
import { type ClockEvent, Machine } from './machine.ts'

const THRESHOLD_MS = 1_000
/** What witnesses of the test take at most, and what the boot-time clock leaves open. */
const SLACK_MS = 200 + 110
const { log } = testLogger()

const spans = fc.oneof(fc.integer({ min: 0, max: 2_500 }), fc.integer({ min: 0, max: 10_000_000 }))
const steps = fc.oneof(
  fc.integer({ min: -2_500, max: 2_500 }),
  fc.integer({ min: -10_000_000, max: 10_000_000 }),
)
const event = (longest: fc.Arbitrary<number>): fc.Arbitrary<ClockEvent> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: longest }) },
    fc.record({ kind: fc.constant('suspend' as const), ms: longest }),
    fc.record({ kind: fc.constant('step' as const), ms: steps }),
  )

interface WitnessEvent {
  readonly kind: 'witness'
  /** Before it is stored, and until it is read back. */
  readonly sending: ClockEvent
  readonly reading: ClockEvent
}

function commits(machine: Machine, guard: ClockGuard, { sending, reading }: WitnessEvent): void {
  const sentMs = machine.monotonicMs()
  machine.happens(sending)
  const logTimeMs = machine.trueMs
  machine.happens(reading)
  guard.witness(logTimeMs, sentMs)
}

const short = fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 100 }) })
const witness: fc.Arbitrary<WitnessEvent> = fc.record({
  kind: fc.constant('witness' as const),
  sending: fc.oneof(
    short,
    fc.record({ kind: fc.constant('suspend' as const), ms: fc.integer({ min: 0, max: 9_000_000 }) }),
  ),
  reading: fc.oneof({ weight: 3, arbitrary: short }, event(spans)),
})

test('CH-50 G1 G2 from the first witness on time is never ahead of the wall clock, nor of the log by more than the threshold', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constant(0), steps),
      fc.array(fc.oneof(event(spans), witness), { maxLength: 40 }),
      (wallAheadMs, events) => {
        const machine = new Machine(wallAheadMs)
        const guard = new ClockGuard({ clock: machine, bootMs: machine.bootMs, logHasOwnClock: true, log })
        commits(machine, guard, { kind: 'witness', sending: pass(10), reading: pass(10) })
        for (const next of events) {
          if (next.kind === 'witness') commits(machine, guard, next)
          else machine.happens(next)
          const nowMs = guard.nowMs()
          expect(nowMs).toBeLessThanOrEqual(machine.nowMs())
          expect(nowMs).toBeLessThanOrEqual(machine.trueMs + THRESHOLD_MS + SLACK_MS)
        }
      },
    ),
    { numRuns: 300 },
  )
})

test('CH-50 G2 G4 whatever happened, a right clock is believed after one witness, and a clock ahead costs at most the threshold', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(event(spans), witness), { maxLength: 40 }), steps, (events, stepMs) => {
      const machine = new Machine()
      const guard = new ClockGuard({ clock: machine, bootMs: machine.bootMs, logHasOwnClock: true, log })
      for (const next of events) {
        if (next.kind === 'witness') commits(machine, guard, next)
        else machine.happens(next)
        guard.nowMs()
      }
      machine.correctWall()
      machine.happens({ kind: 'step', ms: stepMs })
      machine.pass(2_000)
      guard.nowMs()
      machine.pass(1)
      commits(machine, guard, { kind: 'witness', sending: pass(10), reading: pass(10) })

      const errorMs = guard.nowMs() - machine.trueMs
      expect(errorMs).toBeGreaterThanOrEqual(Math.min(stepMs, 0) - SLACK_MS)
      expect(errorMs).toBeLessThanOrEqual(Math.min(stepMs, THRESHOLD_MS + SLACK_MS))
      machine.correctWall()
      machine.pass(1)
      expect(guard.nowMs()).toBe(machine.trueMs)
    }),
    { numRuns: 300 },
  )
})

test('CH-50 G3 G4 without another clock a jump is not believed within a minute, and nothing is stuck for longer than that', () => {
  const within = event(fc.integer({ min: 0, max: 1_400 }))
  fc.assert(
    fc.property(fc.array(within, { maxLength: 40 }), events => {
      const machine = new Machine()
      const guard = new ClockGuard({ clock: machine, bootMs: machine.bootMs, logHasOwnClock: false, log })
      for (const next of events) {
        machine.happens(next)
        const nowMs = guard.nowMs()
        expect(nowMs).toBeLessThanOrEqual(machine.nowMs())
        expect(nowMs).toBeLessThanOrEqual(machine.trueMs + THRESHOLD_MS + SLACK_MS)
      }

      machine.correctWall()
      guard.nowMs()
      machine.pass(60_000)
      expect([guard.nowMs(), guard.doubt]).toEqual([machine.trueMs, undefined])
    }),
    { numRuns: 300 },
  )
})

function pass(ms: number): ClockEvent {
  return { kind: 'pass', ms }
}
