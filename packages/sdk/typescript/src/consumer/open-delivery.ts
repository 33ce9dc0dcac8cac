import type { ConsumedMessage, Delivery, Outcome } from './consumer.ts'

/** Who is told the outcome of a delivery. */
export interface OutcomeListener {
  settled(delivery: OpenDelivery, outcome: Outcome): void
}

/** A delivery from the moment it is received; the first outcome counts, later ones are ignored. */
export class OpenDelivery implements Delivery {
  readonly message: ConsumedMessage
  readonly context: Delivery['context']
  readonly #listener: OutcomeListener
  /** Made on demand: most handlers never look at the signal. */
  #controller: AbortController | undefined = undefined
  #settled = false
  #whenSettled: PromiseWithResolvers<void> | undefined = undefined

  constructor(message: ConsumedMessage, context: Delivery['context'], listener: OutcomeListener) {
    this.message = message
    this.context = context
    this.#listener = listener
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController()
    return this.#controller.signal
  }

  get isSettled(): boolean {
    return this.#settled
  }

  ack(): void {
    this.settle('SUCCESS')
  }

  fail(): void {
    this.settle('FAIL')
  }

  skip(): void {
    this.settle('SKIP')
  }

  settle(outcome: Outcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#whenSettled?.resolve()
    this.#listener.settled(this, outcome)
  }

  /** Resolves when there is an outcome. */
  whenSettled(): Promise<void> {
    this.#whenSettled ??= Promise.withResolvers()
    if (this.#settled) this.#whenSettled.resolve()
    return this.#whenSettled.promise
  }

  /** Tells the handler that its outcome can no longer be waited for. */
  abort(reason: Error): void {
    this.#controller ??= new AbortController()
    this.#controller.abort(reason)
  }
}
