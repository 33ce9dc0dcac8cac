import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Circuit,
  type CircuitEvent,
  CLOSED,
  DRAIN_MS,
  FIRST_PAUSE_MS,
  HARD_LIMIT,
  isProbeDue,
  MAX_PAUSE_MS,
  SOFT_LIMIT,
  stepCircuit,
} from '../src/core/circuit.ts'

const event = fc.constantFrom<CircuitEvent>(
  'success',
  'soft-failure',
  'hard-failure',
  'draining',
  'probe-started',
  'probe-connected',
  'probe-failed',
)
const script = fc.array(fc.record({ event, afterMs: fc.nat({ max: 8000 }) }), { maxLength: 60 })

interface Step {
  readonly event: CircuitEvent
  readonly before: Circuit
  readonly after: Circuit
  /** Failures in a row while the circuit was closed, this event included. */
  readonly hard: number
  readonly soft: number
}

function play(events: readonly { event: CircuitEvent; afterMs: number }[]): readonly Step[] {
  const steps: Step[] = []
  let nowMs = 0
  for (const { event: happened, afterMs } of events) {
    nowMs += afterMs
    const last = steps.at(-1)
    const before = last?.after ?? CLOSED
    const counts = before.kind === 'closed' && happened !== 'success'
    const failed = (kind: CircuitEvent): number => (happened === kind ? 1 : 0)
    steps.push({
      event: happened,
      before,
      after: stepCircuit(before, happened, nowMs),
      hard: counts ? (last?.hard ?? 0) + failed('hard-failure') : 0,
      soft: counts ? (last?.soft ?? 0) + failed('soft-failure') : 0,
    })
  }
  return steps
}

test('I1 an endpoint opens exactly after enough failures in a row, or by a failed trial', () => {
  fc.assert(
    fc.property(script, events => {
      const closedOnes = play(events).filter(
        ({ before, event: happened }) => before.kind === 'closed' && happened !== 'draining',
      )
      const wrong = closedOnes.filter(
        ({ after, hard, soft }) => (after.kind === 'open') !== (hard >= HARD_LIMIT || soft >= SOFT_LIMIT),
      )

      expect(wrong).toEqual([])
    }),
  )
})

test('I2 a success closes from every state but draining, and forgets the failures', () => {
  fc.assert(
    fc.property(script, events => {
      const successes = play(events).filter(({ event: happened }) => happened === 'success')

      expect(successes.map(({ after }) => after)).toEqual(
        successes.map(({ before }) => (before.kind === 'draining' ? before : CLOSED)),
      )
    }),
  )
})

test('I3 the pause before a probe starts at one second and doubles up to its limit', () => {
  let circuit: Circuit = CLOSED
  let nowMs = 0
  const pauses: number[] = []
  for (let failure = 0; failure < HARD_LIMIT; failure += 1)
    circuit = stepCircuit(circuit, 'hard-failure', nowMs)
  for (let round = 0; round < 6; round += 1) {
    if (circuit.kind !== 'open') throw new Error(circuit.kind)
    pauses.push(circuit.pauseMs)
    expect(isProbeDue(circuit, circuit.untilMs - 1)).toBe(false)
    nowMs = circuit.untilMs
    circuit = stepCircuit(circuit, 'probe-started', nowMs)
    circuit = stepCircuit(circuit, 'probe-connected', nowMs)
    circuit = stepCircuit(circuit, 'hard-failure', nowMs)
  }

  expect(pauses).toEqual([FIRST_PAUSE_MS, 2000, 4000, 8000, MAX_PAUSE_MS, MAX_PAUSE_MS])
})

test('I4 draining lasts five seconds whatever happens, then a probe is due', () => {
  const draining = stepCircuit(CLOSED, 'draining', 100)

  expect(stepCircuit(draining, 'success', 200)).toBe(draining)
  expect(stepCircuit(draining, 'hard-failure', 200)).toBe(draining)
  expect(stepCircuit(draining, 'probe-started', 99 + DRAIN_MS)).toBe(draining)
  expect(stepCircuit(draining, 'probe-started', 100 + DRAIN_MS).kind).toBe('probing')
})

test('a failed probe doubles the pause', () => {
  fc.assert(
    fc.property(script, events => {
      const failed = play(events).filter(
        ({ event: happened, before }) => happened === 'probe-failed' && before.kind === 'probing',
      )

      expect(failed.map(({ after }) => pauseOf(after))).toEqual(
        failed.map(({ before }) => Math.min(MAX_PAUSE_MS, 2 * pauseOf(before))),
      )
    }),
  )
})

function pauseOf(state: Circuit): number {
  return 'pauseMs' in state ? state.pauseMs : 0
}
