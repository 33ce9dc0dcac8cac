import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Circuit } from '../src/core/circuit.ts'
import { selectEndpoint } from '../src/core/select-endpoint.ts'

const circuit = fc.constantFrom<Circuit>(
  { kind: 'closed', hard: 0, soft: 0 },
  { kind: 'closed', hard: 2, soft: 0 },
  { kind: 'open', untilMs: 5, pauseMs: 1000 },
  { kind: 'probing', pauseMs: 1000 },
  { kind: 'half-open', pauseMs: 1000 },
  { kind: 'draining', untilMs: 5 },
)
const endpoints = fc.array(fc.record({ circuit, inFlight: fc.nat({ max: 5 }) }), {
  minLength: 1,
  maxLength: 6,
})
const draw = fc.double({ min: 0, max: 0.999_999, noNaN: true })

test('I1 there is always a choice, whatever the circuits and whatever was tried', () => {
  fc.assert(
    fc.property(endpoints, fc.nat(), draw, (all, mask, random) => {
      const avoid = all.filter((_, index) => (mask >> index) & 1)

      expect(all).toContain(selectEndpoint(all, avoid, () => random))
    }),
  )
})

test('I2 an endpoint that is out is chosen only when no closed one is left; a half-open one takes one at a time', () => {
  fc.assert(
    fc.property(endpoints, draw, (all, random) => {
      const withClosed = [...all, { circuit: CLOSED, inFlight: 9 }]
      const chosen = selectEndpoint(withClosed, [], () => random)
      const onTrial = chosen?.circuit.kind === 'half-open' && chosen.inFlight === 0

      expect(onTrial || chosen?.circuit.kind === 'closed').toBe(true)
    }),
  )
})

test('I3 an endpoint this send tried is chosen only when its rank has no other', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.nat(), draw, (count, pick, random) => {
      const all = Array.from({ length: count }, () => ({ circuit: CLOSED, inFlight: 0 }))
      const tried = all[pick % count]!

      expect(selectEndpoint(all, [tried], () => random)).not.toBe(tried)
    }),
  )
})

test('of two closed endpoints the one with less in flight is chosen', () => {
  const busy = { circuit: CLOSED, inFlight: 7 }
  const free = { circuit: CLOSED, inFlight: 1 }

  fc.assert(
    fc.property(draw, random => {
      expect(selectEndpoint([busy, free], [], () => random)).toBe(free)
    }),
  )
})

const CLOSED: Circuit = { kind: 'closed', hard: 0, soft: 0 }
