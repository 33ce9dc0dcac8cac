import type { Clock } from '@ddmq/common/clock'
import type { PullResponse } from '@ddmq/common/idl'
import { toConsumedMessage } from './consumed-message.ts'
import type { Outcome } from './consumer.ts'
import type { HandlingSettings } from './consumer-options.ts'
import { OpenDelivery, type OutcomeListener } from './open-delivery.ts'
import type { ReportedOutcome } from './result-ledger.ts'

/** Handles deliveries that arrived together and settles them; what is left unsettled is skipped. */
export type UnitHandler = (deliveries: readonly OpenDelivery[]) => Promise<void>

/** Where messages came from, and where their outcomes go. */
export interface DeliverySource {
  record(context: PullResponse['context'], offset: number, outcome: ReportedOutcome): void
}

/** What one handler call gets: one message, or the whole of one pull. */
interface Unit {
  readonly lane: Lane
  readonly deliveries: readonly OpenDelivery[]
  finished: boolean
}

/** One queue of one topic. */
interface Lane {
  readonly name: string
  /** Units behind the one that runs; only with ordering `queue`. */
  readonly waiting: Unit[]
  /** By offset: the source of the delivery without an outcome. */
  readonly open: Map<number, DeliverySource>
  units: number
}

/**
 * Between the pulls and the handlers. Hot: runs per message.
 *
 * I1 no more than `concurrency` handlers run;
 * I2 with ordering `queue` handlers of one queue never overlap and start in the order received;
 * I3 every delivery gets exactly one outcome, and SUCCESS and FAIL reach the source it came from;
 * I4 a message delivered again by the same source while its handler runs is dropped: the outcome settles both;
 * I5 nothing a handler throws leaves this class.
 */
export class Dispatcher {
  readonly #settings: HandlingSettings
  readonly #clock: Clock
  readonly #handle: UnitHandler
  readonly #wholeBatches: boolean
  readonly #limit: number
  readonly #lanes = new Map<string, Lane>()
  readonly #ready: Unit[] = []
  readonly #units = new Set<Unit>()
  readonly #roomWaiters = new Set<() => void>()
  #running = 0
  #wakeScheduled = false
  #outcomes = 0

  constructor(settings: HandlingSettings, clock: Clock, handle: UnitHandler, wholeBatches: boolean) {
    this.#settings = settings
    this.#clock = clock
    this.#handle = handle
    this.#wholeBatches = wholeBatches
    // With order kept, messages behind one of their own queue hold no handler: leave room for other queues' messages.
    this.#limit = settings.ordering === 'queue' ? 2 * settings.concurrency : settings.concurrency
  }

  /** Messages the next pull may bring; 0 while every handler is busy. */
  get room(): number {
    const freeHandlers = this.#settings.concurrency - this.#running - this.#ready.length
    const units = Math.min(freeHandlers, this.#limit - this.#units.size)
    if (units <= 0) return 0
    return this.#wholeBatches ? this.#settings.maxBatchSize : Math.min(units, this.#settings.maxBatchSize)
  }

  get isIdle(): boolean {
    return this.#units.size === 0
  }

  /** Outcomes given so far. */
  get outcomes(): number {
    return this.#outcomes
  }

  /** Resolves when a unit ended since the call; several that end in one turn of the event loop wake once. */
  nextChange(): Promise<void> {
    return new Promise(resolve => this.#roomWaiters.add(resolve))
  }

  accept(response: PullResponse, source: DeliverySource): void {
    const { context } = response
    const lane = this.#laneOf(`${context.topic}\n${context.qid}`)
    const listener = this.#listenerOf(lane, context, source)
    const deliveryContext = {
      group: this.#settings.group,
      topic: context.topic ?? '',
      qid: context.qid ?? '',
    }
    const fresh: OpenDelivery[] = []
    for (const message of response.messages) {
      if (lane.open.get(message.offset) === source) continue
      lane.open.set(message.offset, source)
      fresh.push(new OpenDelivery(toConsumedMessage(message, deliveryContext), deliveryContext, listener))
    }
    if (this.#wholeBatches && fresh.length > 0) this.#enqueue(lane, fresh)
    else for (const delivery of fresh) this.#enqueue(lane, [delivery])
    this.#forgetIfEmpty(lane)
    this.#pump()
  }

  /**
   * Tells every handler to give up, lets those that listen answer, and skips the rest; nothing starts any more.
   * Returns how many were skipped.
   */
  async abort(reason: Error): Promise<number> {
    this.#ready.length = 0
    for (const lane of this.#lanes.values()) lane.waiting.length = 0
    for (const { deliveries } of this.#units) {
      for (const delivery of deliveries) if (!delivery.isSettled) delivery.abort(reason)
    }
    await new Promise(resolve => setImmediate(resolve))
    const left = [...this.#units].flatMap(({ deliveries }) =>
      deliveries.filter(({ isSettled }) => !isSettled),
    )
    this.#units.clear()
    this.#lanes.clear()
    for (const delivery of left) delivery.skip()
    return left.length
  }

  #laneOf(name: string): Lane {
    let lane = this.#lanes.get(name)
    if (lane === undefined) {
      lane = { name, waiting: [], open: new Map(), units: 0 }
      this.#lanes.set(name, lane)
    }
    return lane
  }

  #listenerOf(lane: Lane, context: PullResponse['context'], source: DeliverySource): OutcomeListener {
    return {
      settled: ({ message: { offset } }, outcome) => {
        this.#outcomes += 1
        if (lane.open.get(offset) === source) lane.open.delete(offset)
        this.#countOutcome(outcome)
        if (outcome !== 'SKIP') source.record(context, offset, outcome === 'SUCCESS' ? 'success' : 'fail')
      },
    }
  }

  #enqueue(lane: Lane, deliveries: readonly OpenDelivery[]): void {
    const unit: Unit = { lane, deliveries, finished: false }
    this.#units.add(unit)
    lane.units += 1
    if (this.#settings.ordering === 'queue' && lane.units > 1) lane.waiting.push(unit)
    else this.#ready.push(unit)
  }

  #pump(): void {
    while (this.#running < this.#settings.concurrency) {
      const unit = this.#ready.shift()
      if (unit === undefined) return
      this.#running += 1
      void this.#run(unit)
    }
  }

  async #run(unit: Unit): Promise<void> {
    const { group, handlerTimeoutMs, logger, metrics } = this.#settings
    const startedMs = this.#clock.monotonicMs()
    const cancelTimer =
      handlerTimeoutMs === 0 ? undefined : this.#clock.schedule(handlerTimeoutMs, () => this.#expire(unit))
    try {
      await this.#handle(unit.deliveries)
    } catch (err) {
      logger.warn('handler failed', { group, queue: unit.lane.name, err })
      for (const delivery of unit.deliveries) delivery.settle('FAIL')
    }
    cancelTimer?.()
    metrics?.observe('ddmq_client_handler_seconds', { group }, (this.#clock.monotonicMs() - startedMs) / 1000)
    this.#finish(unit)
  }

  /** The outcome is known now, so the slot and the queue go on, even if the handler does not end. */
  #expire(unit: Unit): void {
    const { group, handlerTimeoutMs, logger } = this.#settings
    logger.warn('handler timed out', { group, queue: unit.lane.name, handlerTimeoutMs })
    for (const delivery of unit.deliveries) {
      if (delivery.isSettled) continue
      delivery.settle('FAIL')
      delivery.abort(new Error(`the handler took longer than ${handlerTimeoutMs} ms`))
    }
    this.#finish(unit)
  }

  #finish(unit: Unit): void {
    if (unit.finished) return
    unit.finished = true
    for (const delivery of unit.deliveries) delivery.skip()
    this.#running -= 1
    this.#units.delete(unit)
    const { lane } = unit
    lane.units -= 1
    const next = lane.waiting.shift()
    if (next !== undefined) this.#ready.push(next)
    this.#forgetIfEmpty(lane)
    this.#pump()
    this.#wakePollers()
  }

  #forgetIfEmpty(lane: Lane): void {
    if (lane.units === 0 && this.#lanes.get(lane.name) === lane) this.#lanes.delete(lane.name)
  }

  #wakePollers(): void {
    if (this.#wakeScheduled || this.#roomWaiters.size === 0) return
    this.#wakeScheduled = true
    setImmediate(() => {
      this.#wakeScheduled = false
      const waiters = [...this.#roomWaiters]
      this.#roomWaiters.clear()
      for (const wake of waiters) wake()
    })
  }

  #countOutcome(outcome: Outcome): void {
    const { group, metrics } = this.#settings
    metrics?.count('ddmq_client_messages_total', { group, result: outcome.toLowerCase() }, 1)
  }
}
