import { testLogger } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { ClockGuard } from '../../src/core/clock-guard.ts'
import { Machine } from './machine.ts'

const HOUR_MS = 3_600_000

interface Fixture {
  readonly machine: Machine
  readonly guard: ClockGuard
  readonly lines: ReturnType<typeof testLogger>
  /** How far the guard is from true time. */
  readonly errorMs: () => number
  /** Commits a record to a log that keeps true time, and reads it back. */
  readonly witness: () => void
}

function fixture({ wallAheadMs = 0, logHasOwnClock = true } = {}): Fixture {
  const machine = new Machine(wallAheadMs)
  const lines = testLogger()
  const guard = new ClockGuard({ clock: machine, bootMs: machine.bootMs, logHasOwnClock, log: lines.log })
  const witness = (): void => {
    const sentMs = machine.monotonicMs()
    machine.pass(5)
    const logTimeMs = machine.trueMs
    machine.pass(5)
    guard.witness(logTimeMs, sentMs)
  }
  return { machine, guard, lines, errorMs: () => guard.nowMs() - machine.trueMs, witness }
}

describe('clock guard', () => {
  test('a good clock is passed on as it is', () => {
    const { machine, guard, errorMs, witness } = fixture()
    expect([guard.needsWitness(), errorMs()]).toEqual([true, 0])
    witness()

    for (let hours = 0; hours < 100; hours++) {
      machine.pass(HOUR_MS)
      expect([errorMs(), guard.doubt, guard.needsWitness()]).toEqual([0, undefined, false])
    }
  })

  test('CH-50 G1 a step back of the wall clock is followed at once, and its correction once the log agrees', () => {
    const { machine, guard, errorMs, witness } = fixture()
    witness()

    machine.happens({ kind: 'step', ms: -60_000 })
    expect(errorMs()).toBe(-60_000)
    expect(guard.doubt).toBe("the wall clock is 60.0 s behind the log's clock: messages are late by that")

    machine.correctWall()
    expect([errorMs(), guard.doubt]).toEqual([0, undefined])
  })

  test('CH-50 G2 after a step forward time goes on as before, until the wall clock is right again', () => {
    const { machine, guard, lines, errorMs, witness } = fixture()
    witness()

    machine.happens({ kind: 'step', ms: HOUR_MS })
    expect(errorMs()).toBe(0)
    machine.pass(120_000)
    expect(errorMs()).toBe(0)
    expect(guard.doubt).toMatch(/^the wall clock is 3600\.0 s further than the log's clock$/)
    expect(lines.withMessage('wall clock is not believed')).toHaveLength(1)

    machine.correctWall()
    expect([errorMs(), guard.doubt]).toEqual([0, undefined])
  })

  test('G2 a machine whose clock is an hour ahead of the log uses the time of the log', () => {
    const { machine, guard, errorMs, witness } = fixture({ wallAheadMs: HOUR_MS })
    expect(guard.needsWitness()).toBe(true)

    witness()
    expect(errorMs()).toBeLessThanOrEqual(5)
    expect(errorMs()).toBeGreaterThanOrEqual(-5)
    machine.pass(9 * HOUR_MS)
    expect(errorMs()).toBeLessThanOrEqual(5)
    expect(errorMs()).toBeGreaterThanOrEqual(-5)
  })

  test('G2 the clock of the log may change: what it says last holds', () => {
    const { machine, guard, errorMs } = fixture({ wallAheadMs: HOUR_MS })
    const says = (aheadMs: number): void => {
      machine.pass(1_000)
      guard.witness(machine.trueMs + aheadMs, machine.monotonicMs())
    }
    says(0)
    expect(errorMs()).toBe(0)
    says(HOUR_MS / 2)
    expect(errorMs()).toBe(HOUR_MS / 2)
    says(-HOUR_MS)
    expect(errorMs()).toBe(-HOUR_MS)
    says(2 * HOUR_MS)
    expect([errorMs(), guard.doubt]).toEqual([HOUR_MS, expect.stringContaining('behind')])
  })

  test('the log is asked at the first doubt, and again ten seconds after it disagreed', () => {
    const { machine, guard, witness } = fixture()
    witness()
    machine.pass(60_000)
    machine.happens({ kind: 'step', ms: HOUR_MS })
    guard.nowMs()
    expect(guard.needsWitness()).toBe(true)

    witness()
    expect(guard.needsWitness()).toBe(false)
    machine.pass(9_999)
    expect(guard.needsWitness()).toBe(false)
    machine.pass(1)
    expect(guard.needsWitness()).toBe(true)
  })

  test('a witness that took long bounds little: another one is asked for', () => {
    const { machine, guard, errorMs, witness } = fixture({ wallAheadMs: 20_000 })
    const sentMs = machine.monotonicMs()
    machine.pass(15_000)
    guard.witness(machine.trueMs, sentMs)
    expect(errorMs()).toBe(15_000)

    machine.pass(10_000)
    expect(guard.needsWitness()).toBe(true)
    witness()
    expect(errorMs()).toBeLessThanOrEqual(5)
    expect(guard.doubt).toBeDefined()
  })

  test.each([true, false])(
    'time is right at once after a process was stopped, and after the machine was suspended (log with its own clock: %s)',
    logHasOwnClock => {
      const { machine, guard, errorMs, witness } = fixture({ logHasOwnClock })
      witness()
      guard.nowMs()

      machine.pass(600_000)
      expect([errorMs(), guard.doubt]).toEqual([0, undefined])
      machine.happens({ kind: 'suspend', ms: HOUR_MS })
      expect([errorMs(), guard.doubt]).toEqual([0, undefined])
      machine.pass(20)
      machine.happens({ kind: 'suspend', ms: 5 * HOUR_MS })
      expect([errorMs(), guard.doubt]).toEqual([0, undefined])
    },
  )

  test('a suspend while the wall clock is not believed moves time on by as much', () => {
    const { machine, guard, errorMs, witness } = fixture()
    witness()
    machine.happens({ kind: 'step', ms: HOUR_MS })
    guard.nowMs()

    machine.happens({ kind: 'suspend', ms: 7_000_000 })
    machine.pass(1_000)

    expect(Math.abs(errorMs())).toBeLessThanOrEqual(10)
  })

  test('a witness from before a suspend says nothing', () => {
    const { machine, guard, errorMs } = fixture({ wallAheadMs: HOUR_MS })
    const sentMs = machine.monotonicMs()
    machine.happens({ kind: 'suspend', ms: HOUR_MS })
    guard.witness(machine.trueMs, sentMs)

    expect([guard.needsWitness(), errorMs()]).toEqual([true, HOUR_MS])
  })

  test('CH-50 G3 where the log has no clock a jump is believed when it has lasted a minute, and said loudly', () => {
    const { machine, guard, lines, errorMs } = fixture({ logHasOwnClock: false })
    expect(guard.needsWitness()).toBe(false)
    machine.pass(1_000)
    machine.happens({ kind: 'step', ms: HOUR_MS })

    guard.witness(machine.nowMs(), machine.monotonicMs())
    expect(errorMs()).toBe(0)
    machine.pass(59_999)
    expect(errorMs()).toBe(0)
    expect(guard.doubt).toBe(
      'the wall clock is 3600.0 s further than it should be by the time that has passed',
    )
    expect(lines.lines.filter(({ level }) => level === 'error')).toEqual([])

    machine.pass(1)
    expect([errorMs(), guard.doubt]).toEqual([HOUR_MS, undefined])
    expect(lines.lines.filter(({ level }) => level === 'error')).toHaveLength(1)
  })

  test('G3 another jump has to last by itself', () => {
    const { machine, errorMs } = fixture({ logHasOwnClock: false })
    machine.happens({ kind: 'step', ms: HOUR_MS })
    expect(errorMs()).toBe(0)
    machine.pass(59_000)
    machine.happens({ kind: 'step', ms: HOUR_MS })
    machine.pass(1_000)
    expect(errorMs()).toBe(0)

    machine.pass(60_000)
    expect(errorMs()).toBe(2 * HOUR_MS)
  })

  test('G3 a clock that runs twice as fast is never taken for one that jumped', () => {
    const { machine, guard, errorMs } = fixture({ logHasOwnClock: false })
    for (let second = 0; second < 600; second++) {
      machine.pass(1_000)
      machine.happens({ kind: 'step', ms: 1_000 })
      expect(errorMs()).toBeLessThanOrEqual(2_000)
    }
    expect(guard.doubt).toBeDefined()
  })

  test('G3 a clock that is slewed is followed', () => {
    const { machine, guard, errorMs } = fixture({ logHasOwnClock: false })
    for (let second = 0; second < 10_000; second++) {
      machine.pass(2_000)
      machine.happens({ kind: 'step', ms: 1 })
      guard.nowMs()
    }
    expect([errorMs(), guard.doubt]).toEqual([10_000, undefined])
  })
})
