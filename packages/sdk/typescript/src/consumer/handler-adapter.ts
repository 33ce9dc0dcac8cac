import { ResultCode } from '../core/result-code.ts'
import { DdmqClientError } from '../errors.ts'
import type { BatchHandler, BatchOutcomes, Handler, Outcome } from './consumer.ts'
import type { UnitHandler } from './dispatcher.ts'

const OUTCOMES: ReadonlySet<unknown> = new Set<Outcome>(['SUCCESS', 'FAIL', 'SKIP'])

/** A user's handler as the dispatcher calls it: one delivery per call. */
export function toUnitHandler(handler: Handler): UnitHandler {
  return async deliveries => {
    for (const delivery of deliveries) delivery.settle(checked((await handler(delivery)) ?? 'SUCCESS'))
  }
}

/** A user's batch handler as the dispatcher calls it. */
export function toBatchUnitHandler(handler: BatchHandler): UnitHandler {
  return async deliveries => {
    const outcomes: BatchOutcomes | void = await handler(deliveries)
    for (const delivery of deliveries) {
      delivery.settle(outcomes === undefined ? 'SUCCESS' : checked(outcomes.get(delivery) ?? 'SKIP'))
    }
  }
}

/** Code without types can return anything: what is not an outcome counts as a failed handler, never as a success. */
function checked(outcome: Outcome): Outcome {
  if (OUTCOMES.has(outcome)) return outcome
  throw new DdmqClientError(ResultCode.CLIENT_STATE, `a handler returned ${outcome}, which is not an outcome`)
}
