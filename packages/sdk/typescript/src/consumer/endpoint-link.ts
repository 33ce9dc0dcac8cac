import type { Clock } from '@ddmq/common/clock'
import type { PullRequest, PullResponse } from '@ddmq/common/idl'
import { backoffMs } from '../core/backoff.ts'
import type { ConsumerChannel } from './consumer-channel.ts'
import type { HandlingSettings } from './consumer-options.ts'
import type { DeliverySource } from './dispatcher.ts'
import { type ReportedOutcome, ResultLedger, toConsumeResult } from './result-ledger.ts'

/** How long outcomes wait for the next pull to carry them. */
const PIGGYBACK_MS = 5
export const RECONNECT_MS = 50
export const RECONNECT_MAX_MS = 2000

/** What the parts of a consumer share. */
export interface ConsumerContext {
  readonly settings: HandlingSettings
  readonly clock: Clock
  readonly random: () => number
}

/**
 * One server with the outcomes that belong to it. Outcomes go with the next pull when one begins within 5 ms, else at once
 * with a submit; they are sent again until a request that carried them was answered (sdk.md §19.5).
 */
export class EndpointLink implements DeliverySource {
  readonly name: string
  readonly #channel: ConsumerChannel
  readonly #context: ConsumerContext
  readonly #ledger = new ResultLedger()
  #pullsInFlight = 0
  #flushScheduled = false
  #submitting: Promise<boolean> | undefined = undefined
  #failures = 0
  #stopped = false

  constructor(channel: ConsumerChannel, context: ConsumerContext) {
    this.name = channel.name
    this.#channel = channel
    this.#context = context
  }

  record(context: PullResponse['context'], offset: number, outcome: ReportedOutcome): void {
    this.#ledger.record(context, offset, outcome)
    this.#scheduleFlush(this.#pullsInFlight > 0 ? 0 : PIGGYBACK_MS)
  }

  async pull(request: PullRequest, signal: AbortSignal): Promise<PullResponse> {
    const shipment = this.#ledger.ship()
    const result = shipment && toConsumeResult(shipment)
    this.#pullsInFlight += 1
    try {
      const response = await this.#channel.pull({ ...request, result }, signal)
      if (shipment !== undefined) this.#ledger.confirm(shipment)
      return response
    } catch (thrown) {
      if (shipment !== undefined) this.#ledger.restore(shipment)
      throw thrown
    } finally {
      this.#pullsInFlight -= 1
      if (this.#ledger.pending > 0) this.#scheduleFlush(PIGGYBACK_MS)
    }
  }

  /** Reports what is left, with at most `tries` requests; returns how many outcomes stay unconfirmed. */
  async finish(tries: number): Promise<number> {
    this.#stopped = true
    await this.#submitting
    for (let attempt = 1; attempt <= tries && this.#ledger.pending > 0; attempt += 1) {
      if (attempt > 1) await this.#pause(attempt - 1)
      await this.#submit()
    }
    this.#channel.close()
    return this.#ledger.unconfirmed
  }

  #scheduleFlush(afterMs: number): void {
    if (this.#flushScheduled || this.#submitting !== undefined || this.#stopped) return
    this.#flushScheduled = true
    const flush = (): void => {
      this.#flushScheduled = false
      void this.#flush()
    }
    if (afterMs === 0) setImmediate(flush)
    else this.#context.clock.schedule(afterMs, flush)
  }

  async #flush(): Promise<void> {
    if (this.#submitting !== undefined || this.#stopped || this.#ledger.pending === 0) return
    this.#submitting = this.#submit()
    const answered = await this.#submitting
    this.#submitting = undefined
    this.#failures = answered ? 0 : this.#failures + 1
    if (this.#ledger.pending > 0) this.#scheduleFlush(answered ? 0 : this.#pauseMs(this.#failures))
  }

  /** One request with everything pending. Never rejects. */
  async #submit(): Promise<boolean> {
    const shipment = this.#ledger.ship()
    const result = shipment && toConsumeResult(shipment)
    if (shipment === undefined || result === undefined) return true
    const { logger, metrics, group } = this.#context.settings
    const labels = { group, endpoint: this.name }
    metrics?.count('ddmq_client_submit_total', labels, 1)
    try {
      await this.#channel.submit(result)
      this.#ledger.confirm(shipment)
      return true
    } catch (err) {
      this.#ledger.restore(shipment)
      metrics?.count('ddmq_client_submit_failed_total', labels, 1)
      logger.warn('submit failed', { ...labels, err })
      return false
    }
  }

  async #pause(failures: number): Promise<void> {
    await this.#context.clock.sleep(this.#pauseMs(failures))
  }

  #pauseMs(failures: number): number {
    return backoffMs(failures, RECONNECT_MS, RECONNECT_MAX_MS, this.#context.random)
  }
}
