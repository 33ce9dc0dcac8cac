import type { ConsumeResult, Context } from '@ddmq/common/idl'

/** What is reported to the server; SKIP never gets here. */
export type ReportedOutcome = 'success' | 'fail'

interface QueueOutcomes {
  readonly context: Context
  readonly outcomes: Map<number, ReportedOutcome>
}

/** Outcomes that are on their way with one request. */
export interface Shipment {
  readonly queues: readonly QueueOutcomes[]
  readonly size: number
}

/**
 * The outcomes one server has not confirmed yet (sdk.md §19.5).
 *
 * I1 a recorded outcome is pending or in exactly one shipment, until a shipment with it is confirmed or a newer outcome
 *    of the same offset replaces it;
 * I2 one request never carries two outcomes of one offset;
 * I3 a shipment that failed is pending again, but never over a newer outcome.
 */
export class ResultLedger {
  #pending = new Map<string, QueueOutcomes>()
  #pendingCount = 0
  #shippedCount = 0

  /** Outcomes not in any shipment. */
  get pending(): number {
    return this.#pendingCount
  }

  /** Outcomes no server has confirmed. */
  get unconfirmed(): number {
    return this.#pendingCount + this.#shippedCount
  }

  record(context: Context, offset: number, outcome: ReportedOutcome): void {
    const { outcomes } = this.#queueOf(context)
    if (!outcomes.has(offset)) this.#pendingCount += 1
    outcomes.set(offset, outcome)
  }

  /** Takes everything pending; undefined when that is nothing. The shipment must be confirmed or returned. */
  ship(): Shipment | undefined {
    if (this.#pendingCount === 0) return undefined
    const shipment = { queues: [...this.#pending.values()], size: this.#pendingCount }
    this.#pending = new Map()
    this.#shippedCount += shipment.size
    this.#pendingCount = 0
    return shipment
  }

  confirm(shipment: Shipment): void {
    this.#shippedCount -= shipment.size
  }

  /** The request got no answer: its outcomes are reported again. */
  restore(shipment: Shipment): void {
    this.#shippedCount -= shipment.size
    for (const { context, outcomes: shipped } of shipment.queues) {
      const { outcomes } = this.#queueOf(context)
      for (const [offset, outcome] of shipped) {
        if (outcomes.has(offset)) continue
        outcomes.set(offset, outcome)
        this.#pendingCount += 1
      }
    }
  }

  #queueOf(context: Context): QueueOutcomes {
    const name = `${context.topic}\n${context.qid}`
    let queue = this.#pending.get(name)
    if (queue === undefined) {
      queue = { context, outcomes: new Map() }
      this.#pending.set(name, queue)
    }
    return queue
  }
}

/** The chain of results as a request carries it: one element per queue, linked by `nextResult`. */
export function toConsumeResult(shipment: Shipment): ConsumeResult | undefined {
  return shipment.queues.reduceRight<ConsumeResult | undefined>((nextResult, { context, outcomes }) => {
    const successOffsets: number[] = []
    const failOffsets: number[] = []
    for (const [offset, outcome] of outcomes)
      (outcome === 'success' ? successOffsets : failOffsets).push(offset)
    return { context, successOffsets, failOffsets, nextResult }
  }, undefined)
}
