import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ResultLedger, type Shipment, toConsumeResult } from '../src/consumer/result-ledger.ts'

const step = fc.oneof(
  fc.record({
    kind: fc.constant('record' as const),
    qid: fc.constantFrom('q0', 'q1'),
    offset: fc.nat({ max: 5 }),
    outcome: fc.constantFrom('success' as const, 'fail' as const),
  }),
  fc.record({ kind: fc.constantFrom('ship' as const, 'confirm' as const, 'restore' as const) }),
)

/** Offsets a request would carry, with the outcome; throws when one offset is carried twice. */
function carried(shipment: Shipment): Map<string, string> {
  const offsets = new Map<string, string>()
  for (let each = toConsumeResult(shipment); each !== undefined; each = each.nextResult) {
    for (const [outcome, list] of [
      ['success', each.successOffsets],
      ['fail', each.failOffsets],
    ] as const) {
      for (const offset of list ?? []) {
        const name = `${each.context?.qid}@${offset}`
        expect(offsets.has(name)).toBe(false)
        offsets.set(name, outcome)
      }
    }
  }
  return offsets
}

/** The ledger beside its model: the newest outcome of each offset that no confirmed request carried since. */
class CheckedLedger {
  readonly ledger = new ResultLedger()
  readonly owed = new Map<string, string>()
  readonly #shipped: Shipment[] = []

  apply(each: typeof step extends fc.Arbitrary<infer Step> ? Step : never): void {
    if (each.kind === 'record') {
      this.ledger.record({ groupId: 'g', topic: 't', qid: each.qid }, each.offset, each.outcome)
      this.owed.set(`${each.qid}@${each.offset}`, each.outcome)
    }
    if (each.kind === 'ship') this.#ship()
    if (each.kind === 'confirm') this.#confirm(this.#shipped.shift())
    if (each.kind === 'restore') this.#restore(this.#shipped.shift())
  }

  /** What a last request carries when every request under way has failed. */
  rest(): Map<string, string> {
    for (const shipment of this.#shipped.splice(0)) this.#restore(shipment)
    const shipment = this.ledger.ship()
    return shipment === undefined ? new Map() : carried(shipment)
  }

  #ship(): void {
    const shipment = this.ledger.ship()
    if (shipment !== undefined) this.#shipped.push(shipment)
  }

  #confirm(shipment: Shipment | undefined): void {
    if (shipment === undefined) return
    this.ledger.confirm(shipment)
    for (const [name, outcome] of carried(shipment)) {
      if (this.owed.get(name) === outcome) this.owed.delete(name)
    }
  }

  #restore(shipment: Shipment | undefined): void {
    if (shipment !== undefined) this.ledger.restore(shipment)
  }
}

test('SD-47 I1 I2 I3 every outcome is reported until it is confirmed, and no request carries two of one offset', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), steps => {
      const checked = new CheckedLedger()
      for (const each of steps) checked.apply(each)

      const rest = checked.rest()

      expect([...rest.keys()]).toEqual(expect.arrayContaining([...checked.owed.keys()]))
      expect(checked.ledger.unconfirmed).toBe(rest.size)
    }),
  )
})

test('SD-13 outcomes of several queues travel as one chain, in one request', () => {
  const ledger = new ResultLedger()
  ledger.record({ groupId: 'g', topic: 't', qid: 'q0' }, 1, 'success')
  ledger.record({ groupId: 'g', topic: 't', qid: 'q1' }, 7, 'fail')
  ledger.record({ groupId: 'g', topic: 't', qid: 'q0' }, 2, 'fail')

  const result = toConsumeResult(ledger.ship()!)

  expect(result).toMatchObject({
    context: { qid: 'q0' },
    successOffsets: [1],
    failOffsets: [2],
    nextResult: { context: { qid: 'q1' }, successOffsets: [], failOffsets: [7], nextResult: undefined },
  })
  expect(ledger.ship()).toBeUndefined()
})
