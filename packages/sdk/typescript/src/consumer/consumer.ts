/** A message as a handler sees it. */
export interface ConsumedMessage {
  readonly topic: string
  /** The queue it stands in; opaque. */
  readonly qid: string
  /** Its position in the queue. */
  readonly offset: number
  readonly key: string | undefined
  /** A view into the received frame: copy a small body that is kept for long. */
  readonly body: Uint8Array
  readonly tags: string | undefined
  readonly properties: Readonly<Record<string, string>>
}

/**
 * `SUCCESS`: done. `FAIL`: to be delivered again by the group's retry plan. `SKIP`: nothing is reported, and the server
 * delivers it again after its own timeout.
 */
export type Outcome = 'SUCCESS' | 'FAIL' | 'SKIP'

/** One message on loan: exactly one outcome is reported for it, the first that is given. */
export interface Delivery {
  readonly message: ConsumedMessage
  readonly context: { readonly group: string; readonly topic: string; readonly qid: string }
  /** Fires when the outcome can no longer be waited for: `handlerTimeoutMs` passed, or `stop` ran out of patience. */
  readonly signal: AbortSignal
  ack(): void
  fail(): void
  skip(): void
}

/** Returning nothing means SUCCESS, unless the delivery's own methods were called; throwing means FAIL. */
export type Handler = (delivery: Delivery) => Outcome | void | Promise<Outcome | void>

/** Outcomes by delivery; those left out are SKIP. Returning nothing means SUCCESS for all, throwing means FAIL for all. */
export type BatchOutcomes = ReadonlyMap<Delivery, Outcome>
export type BatchHandler = (
  deliveries: readonly Delivery[],
) => BatchOutcomes | void | Promise<BatchOutcomes | void>

export interface StopReport {
  /** Messages that got an outcome since `stop` was called. */
  readonly processed: number
  /** Messages left without an outcome; the server delivers them again. */
  readonly aborted: number
  /** Outcomes that no server confirmed; the server delivers these messages again. */
  readonly unsubmitted: number
}

export interface ConsumeStats {
  readonly group: string
  readonly topic: string
  /** By qid: first offset not consumed yet, −1 when there is none. */
  readonly consumeOffsets: ReadonlyMap<string, number>
  /** By qid: end of the log. */
  readonly produceOffsets: ReadonlyMap<string, number>
}

/** Receives a group's messages at least once. One `run`, `runBatch` or iteration per consumer. */
export interface Consumer extends AsyncDisposable {
  /**
   * Handles messages until `stop`; resolves when that has ended. Network trouble never ends it.
   * The first two forms are `Handler` too; they let the compiler keep a literal that is a function's only return value.
   */
  run(handler: (delivery: Delivery) => Promise<Outcome>): Promise<void>
  run(handler: (delivery: Delivery) => Outcome): Promise<void>
  run(handler: Handler): Promise<void>
  /** As `run`, for everything that one pull brought: messages of one queue, in offset order. */
  runBatch(handler: BatchHandler): Promise<void>
  /**
   * Deliveries for `for await`. Each must get its outcome by `ack`, `fail` or `skip`; `concurrency` limits those that have
   * none yet. Leaving the loop stops the consumer and skips the delivery at hand if it has no outcome.
   */
  [Symbol.asyncIterator](): AsyncIterator<Delivery>
  /** Lag figures of the group from the first endpoint that has any. Rejects with `DdmqClientError` when none answers. */
  stats(topic?: string, options?: { readonly signal?: AbortSignal }): Promise<readonly ConsumeStats[]>
  /**
   * Stops pulling, waits for handlers up to `timeoutMs` (the option `stopTimeoutMs`), aborts the rest by their signal, reports
   * the outcomes, closes all connections. May be called again: the first call's report is returned.
   */
  stop(options?: { readonly timeoutMs?: number }): Promise<StopReport>
}
